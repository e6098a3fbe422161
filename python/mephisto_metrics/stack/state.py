"""What runs, in JSON files."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from mephisto_metrics.stack.files import write_private_json
from mephisto_metrics.stack.processes import ProcessIdentity

if TYPE_CHECKING:
    from pathlib import Path


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
    started_with: dict[str, str | None] = field(default_factory=dict)
    """As in `StoreSettings`, of a store."""

    def __post_init__(self) -> None:
        """Refuse what nobody has written so; the rest of a file is told by its PID."""
        texts = [*self.started_with, *self.started_with.values()]
        if not all(text is None or isinstance(text, str) for text in texts):
            raise TypeError("settings are texts")

    @property
    def identity(self) -> ProcessIdentity:
        """Which process it is."""
        return ProcessIdentity(self.pid, self.start_time_seconds)


def write_state(
    path: Path,
    kind: str,
    url: str,
    scrape_interval_seconds: float,
    started_with: dict[str, str | None],
) -> None:
    """Record that this process is the store that `path` is about."""
    identity = ProcessIdentity.current()
    state = PartState(kind, *identity, url, scrape_interval_seconds, started_with)
    # For the owner alone: an address may have a token in it.
    write_private_json(path, asdict(state))


def read_state(path: Path) -> PartState | None:
    """Return the part that runs according to `path`; None if none does.

    An empty, damaged or outdated file is as good as none: whoever starts the part writes it anew.
    """
    state = _read(path)
    return state if state is not None and _runs(state) else None


def read_left_behind(path: Path) -> PartState | None:
    """Return the part that `path` is about if it has ended without removing it, else None."""
    state = _read(path)
    return None if state is None or _runs(state) else state


def _read(path: Path) -> PartState | None:
    try:
        return PartState(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _runs(state: PartState) -> bool:
    try:
        return state.identity.find() is not None
    except (ValueError, TypeError):  # of what was damaged
        return False


def remove_own_state(path: Path) -> None:
    """Remove `path` if it is about this process."""
    state = read_state(path)
    if state is not None and state.pid == os.getpid():
        path.unlink(missing_ok=True)
