"""What processes have said of themselves, and whether that is still so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psutil

from mephisto_metrics.machine import places
from mephisto_metrics.stack import grafana, keeper, prometheus, store, viewers
from mephisto_metrics.stack.doctor.findings import CLEANUP, Finding, note, well
from mephisto_metrics.stack.processes import ProcessIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HARMLESS = "it does no harm: whoever starts that part next writes it anew"
TAKEN_OVER = "whoever starts the store next starts it with the settings that it had"


def paths() -> list[Path]:
    """Return the files in which parts say that they run."""
    named = [part.state_path() for part in (keeper, store, prometheus, grafana)]
    listed = viewers.viewers_folder().glob("*.json")
    return [*(path for path in named if path.exists()), *sorted(listed)]


def left_behind() -> list[Path]:
    """Return those that are of processes which are gone, or that nobody can read."""
    return [path for path in paths() if any(True for _ in _look(path))]


def check() -> Iterator[Finding]:
    """Look at each file."""
    found = [finding for path in paths() for finding in _look(path)]
    yield from found
    if not found:
        yield well("state.well", f"nothing is left behind in `{places.state_folder()}`")


def _look(path: Path) -> Iterator[Finding]:
    try:
        content = path.read_text(encoding="utf-8")
        value = json.loads(content)
        identity = ProcessIdentity(int(value["pid"]), float(value["start_time_seconds"]))
        process = identity.find()
    except FileNotFoundError:
        return  # its process has ended meanwhile
    except OSError as error:
        found = f"`{path}` can not be read: {error.strerror or error}"
        yield note(
            "state.unreadable", found, "this could not be looked at", "see what is said of the home"
        )
        return
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        yield _damaged(path, error)
        return
    if process is None:
        yield _outdated(path, identity)


def _damaged(path: Path, error: Exception) -> Finding:
    is_empty = path.stat().st_size == 0
    found = f"`{path}` is {'empty' if is_empty else f'damaged ({error})'}"
    meaning = f"the machine went down while it was written, or somebody changed it; {HARMLESS}"
    return note("state.damaged", found, meaning, "it can be removed", CLEANUP)


def _outdated(path: Path, identity: ProcessIdentity) -> Finding:
    stranger = _name_of(identity.pid)
    consequence = TAKEN_OVER if path == store.state_path() else HARMLESS
    if stranger is None:
        found = f"`{path}` is of a process that is gone (PID {identity.pid})"
        meaning = f"that process was killed, or the machine went down; {consequence}"
        return note("state.stale", found, meaning, "it can be removed", CLEANUP)
    found = f"`{path}` is of a process that is gone, whose PID {identity.pid} is {stranger}'s now"
    meaning = f"that other process is left alone; {consequence}"
    return note("state.recycled-pid", found, meaning, "it can be removed", CLEANUP)


def _name_of(pid: int) -> str | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(process.name())
    except (psutil.Error, ValueError, OverflowError):
        return None
