"""Time statements written out in loops, in turns, so that noise hits all of them alike.

Of many short passes the fastest counts, since other work on the machine only ever adds. What the
loop itself costs is measured in the same turns and subtracted.
"""

from __future__ import annotations

import gc
import inspect
import itertools
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

LOOP = """\
{kind}def loop(iterations, clock, {parameters}):
    started = clock()
    for _ in iterations:
{statement}
    return clock() - started
"""


class Loop:
    """Runs one statement many times; `names` are what it mentions, as local variables."""

    def __init__(self, statement: str, overhead: str, names: dict[str, Any]) -> None:
        kind = "async " if "await" in statement else ""
        self._statement = _compile(kind, statement, names)
        self._overhead = _compile(kind, overhead, names)
        self._count = 1
        self._statement_seconds = self._overhead_seconds = float("inf")

    def calibrate(self, seconds_per_pass: float) -> None:
        """Choose how often the statement runs in a pass."""
        while _run(self._statement, self._count) < seconds_per_pass:
            self._count *= 2

    def run_pass(self) -> None:
        """Run one pass and keep its time if it is the fastest so far."""
        seconds = _run(self._overhead, self._count)
        self._overhead_seconds = min(self._overhead_seconds, seconds)
        seconds = _run(self._statement, self._count)
        self._statement_seconds = min(self._statement_seconds, seconds)

    @property
    def nanoseconds(self) -> float:
        """What one run of the statement costs."""
        return (self._statement_seconds - self._overhead_seconds) / self._count * 1e9


def run_in_turns(loops: list[Loop], passes: int, seconds_per_pass: float) -> None:
    """Let each loop run one pass after the other, as often as there are passes."""
    with garbage_kept():
        for loop in loops:
            loop.calibrate(seconds_per_pass)
        for _ in range(passes):
            for loop in loops:
                loop.run_pass()


@contextmanager
def garbage_kept() -> Iterator[None]:
    """Keep the garbage collector from running in the middle of somebody's pass."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds one long call takes, and its result."""
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def _compile(kind: str, statement: str, names: dict[str, Any]) -> Any:
    parameters = ", ".join(f"{name}={name}" for name in names)
    body = textwrap.indent(statement, " " * 8)
    scope = dict(names)
    exec(LOOP.format(kind=kind, parameters=parameters, statement=body), scope)
    return scope["loop"]


def _run(loop: Any, count: int) -> float:
    seconds = loop(itertools.repeat(None, count), time.perf_counter)
    return _result_of(seconds) if inspect.iscoroutine(seconds) else seconds


def _result_of(coroutine: Any) -> float:
    # Nothing in it ever waits, so an event loop would only add time of its own.
    try:
        coroutine.send(None)
    except StopIteration as end:
        seconds: float = end.value
        return seconds
    raise RuntimeError("the awaited statement was suspended; expected one that returns at once")
