"""Who looks at the store: a file for each `view`, so that the store knows that it is needed."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from mephisto_metrics import places
from mephisto_metrics.stack.errors import explaining_home_faults
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.state import write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def viewers_folder() -> Path:
    """Return the folder with a file for each view."""
    return places.state_folder() / "viewers"


@contextlib.contextmanager
def viewing() -> Iterator[None]:
    """Keep the store needed for as long as the block runs."""
    identity = ProcessIdentity.current()
    path = viewers_folder() / f"{identity.pid}.json"
    with explaining_home_faults():
        write_json(path, identity._asdict())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def living_viewers() -> list[ProcessIdentity]:
    """Return the views that run; the files of those that are gone are removed if possible."""
    if not viewers_folder().is_dir():
        return []
    found = {path: _read(path) for path in viewers_folder().glob("*.json")}
    for path, identity in found.items():
        if identity is None:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    return [identity for identity in found.values() if identity is not None]


def _read(path: Path) -> ProcessIdentity | None:
    try:
        identity = ProcessIdentity(**json.loads(path.read_text(encoding="utf-8")))
        return identity if identity.find() else None
    except (OSError, ValueError, TypeError):
        return None
