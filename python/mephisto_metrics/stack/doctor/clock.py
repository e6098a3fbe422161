"""Whether somebody has set the clock while the store ran, or since it recorded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psutil

from mephisto_metrics.stack.doctor.answers import asked as answer_of
from mephisto_metrics.stack.doctor.findings import Finding, note, problem
from mephisto_metrics.stack.state import read_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mephisto_metrics.stack.store_state import StoreState

TOLERANCE_SECONDS = 120.0
"""A Prometheus takes up to a minute from its process's start to its state file."""
FUTURE_LOOKED_AT_SECONDS = 30 * 24 * 60 * 60
FUTURE_BEGINS_SECONDS = 10


def check(store: StoreState, state_path: Path) -> Iterator[Finding]:
    """Look for samples that are not to be yet, and for time that has passed on one clock alone."""
    now = time.time()
    newest = _newest_in_future(store.url, now)
    if newest is None:
        yield from jumps(state_path, now)
    else:
        yield _in_future(newest - now)


def jumps(state_path: Path, now: float) -> Iterator[Finding]:
    """Find that by `now` the clock has not moved on by as much as the store has lived."""
    jump_seconds = _jump_seconds(state_path, now)
    if jump_seconds is None or abs(jump_seconds) <= TOLERANCE_SECONDS:
        return
    direction = "ahead" if jump_seconds > 0 else "back"
    yield note(
        "store.clock-set",
        f"the clock of this machine was set {direction} by {duration(abs(jump_seconds))} while "
        "the store ran",
        "graphs have a gap there, or times that do not fit; what was recorded is all there",
        "see that the machine takes its time from a server",
        "timedatectl",
    )


def duration(seconds: float) -> str:
    """Return a time in the unit that people would use."""
    for unit, unit_seconds in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if round(seconds / unit_seconds) > 1:
            return f"{seconds / unit_seconds:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _in_future(ahead_seconds: float) -> Finding:
    ahead = duration(ahead_seconds)
    return problem(
        "store.future-samples",
        f"the newest numbers in the store are {ahead} ahead of this machine's clock",
        "the clock was set back, or was wrong before. A store keeps numbers in the order of time "
        "alone, so what is collected before that time is not kept",
        f"see that the clock is right; then wait for {ahead}, or begin with an empty store: "
        "`mephisto metrics cleanup`, then move `data` in MEPHISTO_METRICS_HOME away",
        "date",
    )


def _newest_in_future(url: str, now: float) -> float | None:
    """Return the time of the newest sample if it is yet to be."""
    begins = now + FUTURE_BEGINS_SECONDS
    window = f"up[{FUTURE_LOOKED_AT_SECONDS}s]"
    data = answer_of(url, "query", query=window, time=begins + FUTURE_LOOKED_AT_SECONDS)
    try:
        times = [float(one["values"][-1][0]) for one in data["result"] if one["values"]]
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return max((at for at in times if at > begins), default=None)


def _jump_seconds(state_path: Path, now: float) -> float | None:
    """Return by how much more time has passed on the clock than in the store; None if unknown."""
    if not psutil.LINUX:
        return None  # elsewhere a process's start is known by the clock alone
    state = read_state(state_path)
    if state is None:
        return None
    lived_seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - state.start_time_seconds
    try:
        return now - state_path.stat().st_mtime - lived_seconds
    except OSError:
        return None
