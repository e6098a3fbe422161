"""The boards of this installation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.page import PACKAGE_FOLDER


@dataclass(frozen=True)
class BoardFile:
    """A board and the file that it is in."""

    path: Path
    dashboard: dict[str, Any]

    @property
    def uid(self) -> str:
        """The board's name in addresses."""
        return str(self.dashboard["uid"])

    @property
    def entry(self) -> dict[str, str]:
        """The board as the page's server lists it."""
        title = str(self.dashboard.get("title") or "")
        return {"uid": self.uid, "title": title, "file": self.path.name}


def find(uid: str | None) -> BoardFile:
    """Return the board of this `uid`, by default the one that the page shows first.

    Raises `StackError` if there is none.
    """
    boards = _all()
    found = next((one for one in boards if uid is None or one.uid == uid), None)
    if found is None:
        known = ", ".join(f"`{one.uid}`" for one in boards)
        raise StackError(f"there is no board `{uid}`", f"choose one of {known}")
    return found


def _all() -> list[BoardFile]:
    folder = PACKAGE_FOLDER / "dashboards"
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise StackError(
            f"the boards are missing from this installation: none in `{folder}`",
            "install a released wheel",
        )
    return [BoardFile(path, json.loads(path.read_text(encoding="utf-8"))) for path in paths]
