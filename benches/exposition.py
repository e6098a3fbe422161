"""Time `generate_latest` beside copying once as many bytes as it returns."""

from __future__ import annotations

from typing import Callable

from benches.libraries import LIBRARIES, MODULES, OURS, THEIRS
from benches.loops import garbage_kept, timed
from benches.results import Row, Target

TARGET = Target(times_better=120, floor_times=2)

# In each pass: whether the memory that is written to was in use before decides how long a copy
# takes, so a single one varies tenfold.
SHORT_PASSES = 10


class Family:
    """A counter with many label sets, in a registry of its own."""

    def __init__(self, library: str, label_sets: int) -> None:
        self._module = MODULES[library]
        self._registry = self._module.CollectorRegistry()
        counter = self._module.Counter("family", "", ["method"], registry=self._registry)
        self._children = [counter.labels(f"method_{number}") for number in range(label_sets)]
        self.update()

    def keep(self) -> None:
        """Change no value."""

    def update(self) -> None:
        """Change every value, so that no line of an earlier exposition can be given again."""
        for number, child in enumerate(self._children):
            child.inc(number + 0.5)

    def expose(self) -> bytes:
        """Return the exposition in the text format."""
        exposition: bytes = self._module.generate_latest(self._registry)
        return exposition


Families = dict[str, Family]
Prepare = Callable[[Family], None]


def time_exposition(label_sets: int, passes: int) -> list[Row]:
    """Time both libraries and the copy in turns, with no value changed and with every value."""
    families = {library: Family(library, label_sets) for library in LIBRARIES}
    name = f"`generate_latest`, {label_sets:,} label sets"
    with garbage_kept():
        return [
            _time_row(name, passes, families, Family.keep),
            _time_row(f"{name}, all changed", passes, families, Family.update),
        ]


def _time_row(name: str, passes: int, families: Families, prepare: Prepare) -> Row:
    turns = [_one_pass(families, prepare) for _ in range(passes)]
    theirs, ours, copy = (min(seconds) * 1e3 for seconds in zip(*turns))
    return Row(name, "ms", theirs, ours, copy, TARGET)


def _one_pass(families: Families, prepare: Prepare) -> tuple[float, float, float]:
    """Return the seconds of prometheus_client, of ours and of the copy."""
    prepare(families[THEIRS])
    theirs, their_text = timed(families[THEIRS].expose)
    ours = copy = float("inf")
    for _ in range(SHORT_PASSES):
        prepare(families[OURS])
        seconds, our_text = timed(families[OURS].expose)
        ours = min(ours, seconds)
        copy = min(copy, _seconds_to_copy(our_text))
        _require_equal_work(their_text, our_text)
    return theirs, ours, copy


def _seconds_to_copy(exposition: bytes) -> float:
    view = memoryview(bytearray(exposition))
    seconds, _ = timed(lambda: bytes(view))
    return seconds


def _require_equal_work(theirs: bytes, ours: bytes) -> None:
    lines = theirs.count(b"\n"), ours.count(b"\n")
    if lines[0] != lines[1]:
        raise RuntimeError(f"prometheus_client exposes {lines[0]} lines, ours {lines[1]}")
