"""Who uses what an installation would replace or remove."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import targets
from mephisto_metrics.stack.processes import ProcessIdentity

if TYPE_CHECKING:
    from collections.abc import Iterable


class Occupant(NamedTuple):
    """A process, and what it is in words."""

    pid: int
    what: str


def running_from(folder: Path) -> list[Occupant]:
    """Return the processes whose executable is in a folder."""
    real = folder.resolve()
    found = []
    for process in psutil.process_iter(["exe"]):
        executable = process.info["exe"]
        if executable and real in Path(executable).parents:
            found.append(Occupant(process.pid, Path(executable).name))
    return found


def running_parts() -> list[Occupant]:
    """Return each part of this home that says in `state/` that it runs."""
    found = {}
    # A store that serves is named by `store.json`, and no more by `keeper.json`.
    for path in sorted(places.state_folder().glob("**/*.json")):
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            identity = ProcessIdentity(value["pid"], value["start_time_seconds"])
            is_running = identity.find() is not None
        except (OSError, ValueError, TypeError, KeyError, psutil.Error):
            continue
        if is_running:
            is_view = path.parent != places.state_folder()
            found[identity.pid] = "a view" if is_view else path.stem
    return [Occupant(pid, what) for pid, what in found.items()]


def running_operators() -> list[Occupant]:
    """Return the Operators that serve metrics for this home."""
    return [Occupant(operator.pid, "an Operator") for operator in targets.live_targets()]


def refuse(occupants: Iterable[Occupant], what: str) -> None:
    """Raise `StackError` if there are any."""
    found = sorted(set(occupants))
    if not found:
        return
    names = ", ".join(f"{occupant.what} (PID {occupant.pid})" for occupant in found)
    is_operator = any(occupant.what == "an Operator" for occupant in found)
    first = "end the Operators, then run" if is_operator else "run"
    raise StackError(
        f"{what} while it is used by {names}", f"{first} `mephisto metrics cleanup`, and try again"
    )
