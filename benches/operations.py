"""Time each operation on the hot path beside prometheus_client: `make bench`.

Both libraries are timed in turn in one process; of several passes the fastest counts, since other
work on the machine only ever adds. The ratio is what to quote, not the nanoseconds.
"""

from __future__ import annotations

import platform
import sys
import timeit
from typing import Any, Callable

import prometheus_client

import mephisto_metrics

PASSES = 5
SECONDS_PER_PASS = 0.05


def nanoseconds(operation: Callable[[], object]) -> float:
    """Return how long one call takes, in nanoseconds."""
    timer = timeit.Timer(operation)
    number = 1
    while timer.timeit(number) < SECONDS_PER_PASS:
        number *= 2
    return min(timer.repeat(PASSES, number)) / number * 1e9


def operations(library: Any) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name, for one of the libraries."""
    registry = library.CollectorRegistry()
    counter = library.Counter("c", "", registry=registry)
    labelled = library.Counter("l", "", ["method"], registry=registry)
    gauge = library.Gauge("g", "", registry=registry)
    histogram = library.Histogram("h", "", registry=registry)

    @histogram.time()
    def timed_function() -> None:
        pass

    def block() -> None:
        with histogram.time():
            pass

    many = library.CollectorRegistry()
    family = library.Gauge("many", "", ["n"], registry=many)
    for number in range(1_000):
        family.labels(str(number)).set(number)
    return {
        "inc()": counter.inc,
        "inc(1.5)": lambda: counter.inc(1.5),
        "Gauge.set": lambda: gauge.set(2.5),
        "observe(0.3)": lambda: histogram.observe(0.3),
        "labels('a')": lambda: labelled.labels("a"),
        "labels(method='a').inc()": lambda: labelled.labels(method="a").inc(),
        "with h.time()": block,
        "@h.time() function": timed_function,
        "generate_latest, 1,000 label sets": lambda: library.generate_latest(many),
    }


def main() -> None:
    """Print the table."""
    theirs, ours = operations(prometheus_client), operations(mephisto_metrics)
    print(f"Python {platform.python_version()} on {platform.machine()}")  # noqa: T201
    print(f"{'operation':<36}{'prometheus_client':>20}{'ours':>12}{'ratio':>10}")  # noqa: T201
    for name, operation in theirs.items():
        their_time, our_time = nanoseconds(operation), nanoseconds(ours[name])
        row = f"{name:<36}{their_time:>17,.0f} ns{our_time:>9,.0f} ns{their_time / our_time:>10.1f}"
        print(row)  # noqa: T201


if __name__ == "__main__":
    if mephisto_metrics.DEBUG_BUILD:
        sys.exit("this is a debug build: `make install` first")
    main()
