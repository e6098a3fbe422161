"""Time each operation on the hot path, in both libraries, beside what no library can go below."""

from __future__ import annotations

import argparse
import itertools
import sys
from dataclasses import dataclass, field
from typing import Any

from mephisto_metrics_floor import Floor

import mephisto_metrics
from benches.exposition import time_exposition
from benches.libraries import LIBRARIES, MODULES, OURS, THEIRS, time_awaits, time_calls
from benches.loops import Loop, run_in_turns
from benches.results import Row, Target, print_results


@dataclass(frozen=True)
class Operation:
    """A statement over the names of `subjects`; what `overhead` costs is not counted."""

    name: str
    statement: str
    target: Target = field(default_factory=Target)
    floor: str = "empty PyO3 method"
    overhead: str = "pass"


@dataclass(frozen=True)
class Scale:
    """How long to measure."""

    passes: int
    seconds_per_pass: float
    label_sets: tuple[int, ...]
    exposition_passes: int


FULL = Scale(40, 0.01, (10_000, 100_000), 4)
QUICK = Scale(1, 0.0001, (10, 20), 1)

FLOORS = {
    "empty Python function": "function()",
    "empty C method": "text.isascii()",
    "empty PyO3 method": "floor.nothing()",
    "empty Python method": "instance.method()",
    "await of an empty coroutine": "await coroutine()",
}

WRITTEN = Target(times_better=25, floor_times=1.4)

OPERATIONS = (
    Operation("`inc()`", "counter.inc()", Target(times_better=30, floor_times=1.2)),
    Operation("`inc(1.5)`", "counter.inc(1.5)", WRITTEN),
    Operation("`Gauge.set(2.5)`", "gauge.set(2.5)", WRITTEN),
    Operation("`Gauge.inc()`", "gauge.inc()", WRITTEN),
    Operation(
        "`observe(0.3)`, 15 buckets",
        "histogram.observe(0.3)",
        Target(times_better=50, floor_times=1.6),
    ),
    Operation("`labels('a')`", "family.labels('a')", Target(times_better=40, floor_times=2)),
    Operation(
        "`labels(method='x')`", "family.labels(method='x')", Target(times_better=25, floor_times=3)
    ),
    Operation(
        "`labels(v)`, v a new string of 100",
        "family.labels(f'method_{next(numbers)}')",
        overhead="f'method_{next(numbers)}'",
    ),
    Operation("`labels('a').inc()`", "family.labels('a').inc()"),
    Operation(
        "`labels(method='x').inc()`", "family.labels(method='x').inc()", Target(times_better=35)
    ),
    Operation("`with h.time()`", "with histogram.time():\n    pass", Target(times_better=15)),
    Operation(
        "`@timed` function, call included",
        "timed_function()",
        Target(times_better=35, above_floor=60),
        "empty Python function",
    ),
    Operation(
        "`@timed` method, call included",
        "timed.method()",
        Target(times_better=30, above_floor=60),
        "empty Python method",
    ),
    Operation(
        "`await` of a timed coroutine",
        "await timed_coroutine()",
        Target(times_better=12, above_floor=120),
        "await of an empty coroutine",
    ),
)


class Bare:
    """Has a method that does nothing."""

    def method(self) -> None:
        """Do nothing."""


def function() -> None:
    """Do nothing."""


async def coroutine() -> None:
    """Do nothing."""


FLOOR_SUBJECTS = {
    "function": function,
    "instance": Bare(),
    "coroutine": coroutine,
    "text": "",
    "floor": Floor(),
}


def subjects(library: str) -> dict[str, Any]:
    """Return what the operations mention, made by one of the libraries."""
    module = MODULES[library]
    registry = module.CollectorRegistry()
    histogram = module.Histogram("histogram", "", registry=registry)
    family = module.Counter("family", "", ["method"], registry=registry)
    for number in range(100):
        family.labels(f"method_{number}")

    class Timed:
        method = time_calls(library, histogram)(Bare.method)

    return {
        "counter": module.Counter("counter", "", registry=registry),
        "gauge": module.Gauge("gauge", "", registry=registry),
        "histogram": histogram,
        "family": family,
        "numbers": itertools.cycle(range(100)),
        "timed_function": time_calls(library, histogram)(function),
        "timed": Timed(),
        "timed_coroutine": time_awaits(library, histogram, coroutine),
    }


def time_operations(scale: Scale) -> list[Row]:
    """Time the floors and, beside them, each operation in both libraries."""
    floors = {name: Loop(text, "pass", FLOOR_SUBJECTS) for name, text in FLOORS.items()}
    names = {library: subjects(library) for library in LIBRARIES}
    loops = {
        (operation.name, library): Loop(operation.statement, operation.overhead, names[library])
        for operation in OPERATIONS
        for library in LIBRARIES
    }
    run_in_turns([*floors.values(), *loops.values()], scale.passes, scale.seconds_per_pass)
    return [Row(name, "ns", floor=loop.nanoseconds) for name, loop in floors.items()] + [
        Row(
            operation.name,
            "ns",
            loops[operation.name, THEIRS].nanoseconds,
            loops[operation.name, OURS].nanoseconds,
            floors[operation.floor].nanoseconds,
            operation.target,
        )
        for operation in OPERATIONS
    ]


def main() -> None:
    """Print the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="show that it runs; measure nothing")
    quick = parser.parse_args().quick
    if mephisto_metrics.DEBUG_BUILD and not quick:
        sys.exit("this is a debug build, which tells nothing: `make bench` builds one to measure")
    scale = QUICK if quick else FULL
    rows = time_operations(scale)
    for label_sets in scale.label_sets:
        rows += time_exposition(label_sets, scale.exposition_passes)
    print_results(rows)


if __name__ == "__main__":
    main()
