"""What runs, in JSON files: written beside and renamed, so that no reader sees half of one."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from mephisto_metrics.stack.processes import ProcessIdentity


@dataclass(frozen=True)
class PartState:
    """A server that says that it runs, or of which that is said."""

    kind: str
    """`builtin`, `prometheus` or `grafana`."""
    pid: int
    start_time_seconds: float
    """As in `ProcessIdentity`."""
    url: str
    """The address of its HTTP server, without a path."""
    scrape_interval_seconds: float | None = None
    """Of a store."""
    elsewhere: list[str] | None = None
    """Where a store learns of Operators on other machines, as it may be shown."""

    @property
    def identity(self) -> ProcessIdentity:
        """Which process it is."""
        return ProcessIdentity(self.pid, self.start_time_seconds)


def write_json(path: Path, value: object) -> None:
    """Replace `path` by `value` as JSON, at once for every reader."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Each file has one writer. Hidden, and not `.json`, for those who list such files.
    beside = path.with_name(f".{path.stem}.tmp")
    try:
        beside.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_state(
    path: Path, kind: str, url: str, scrape_interval_seconds: float, elsewhere: list[str]
) -> None:
    """Record that this process is the store that `path` is about."""
    identity = ProcessIdentity.current()
    state = PartState(kind, *identity, url, scrape_interval_seconds, elsewhere)
    write_json(path, asdict(state))


def read_state(path: Path) -> PartState | None:
    """Return the part that runs according to `path`; None if none does.

    An empty, damaged or outdated file is as good as none: whoever starts the part writes it anew.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        state = PartState(**value)
        return state if state.identity.find() else None
    except (OSError, ValueError, TypeError):
        return None


def remove_own_state(path: Path) -> None:
    """Remove `path` if it is about this process, or about none that runs."""
    state = read_state(path)
    if state is None or state.pid == os.getpid():
        path.unlink(missing_ok=True)
