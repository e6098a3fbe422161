"""Measure how long a scrape by another process keeps a spinning Python thread from running.

The machine itself stops the thread now and then; how long, the time between the scrapes shows.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Callable

from benches.libraries import MODULES, OURS, THEIRS, argument_parser, in_fresh_process, serve
from benches.results import Row, Target, print_results
from benches.scraper import PAUSE_SECONDS

SERIES, SCRAPES = 20_000, 3
QUICK_SERIES, QUICK_SCRAPES = 20, 2
TARGET = Target(at_most=1)

Spans = list[tuple[float, float]]


def measure(library: str, series: int, scrapes: int) -> dict[str, float]:
    """Return the pauses in milliseconds: the longest, of the usual scrape, without a scrape."""
    module = MODULES[library]
    registry = module.CollectorRegistry()
    gauge = module.Gauge("family", "", ["worker"], registry=registry)
    for number in range(series):
        gauge.labels(f"worker_{number}").set(number)
    # The server of the other library needs the GIL that the thread spins with. From a core of its
    # own it may not get it for minutes, so that one is measured as the system places it.
    spinning_core, other_cores = cores() if library == OURS else (set(), set())
    keep_to(other_cores)
    port = serve(library, registry)
    command = [sys.executable, "-m", "benches.scraper", str(port), str(scrapes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as scraper:
        keep_to(spinning_core)
        gaps = spin(lambda: scraper.poll() is not None)
        output, _ = scraper.communicate()
    windows: Spans = json.loads(output)
    longest = [longest_within(window, gaps) for window in windows]
    quiet = [(start - PAUSE_SECONDS, start) for start, _ in windows]
    return {
        "longest": max(longest) * 1e3,
        "usual": statistics.median(longest) * 1e3,
        "quiet": max(longest_within(window, gaps) for window in quiet) * 1e3,
    }


def cores() -> tuple[set[int], set[int]]:
    """Return a core for the spinning thread, and those for the server and the scraper.

    Else the thread would also be stopped because three want to run on two cores, which says nothing
    about the library. Both are empty where cores can not be chosen, or there is only one.
    """
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    first, *others = sorted(os.sched_getaffinity(0))
    return ({first}, set(others)) if others else (set(), set())


def keep_to(some_cores: set[int]) -> None:
    """Run this thread, and what it starts from now on, on no other cores; if empty, on any."""
    if some_cores:
        os.sched_setaffinity(0, some_cores)


def spin(is_over: Callable[[], bool], notable_seconds: float = 2e-5) -> Spans:
    """Do nothing but read the clock, and return the spans in which even that stood still."""
    gaps = []
    latest = time.monotonic()
    while not is_over():
        for _ in range(10_000):
            now = time.monotonic()
            if now - latest > notable_seconds:
                gaps.append((latest, now))
            latest = now
    return gaps


def longest_within(window: tuple[float, float], gaps: Spans) -> float:
    """Return the longest of the gaps that touch a window, or 0 if none does."""
    start, end = window
    return max((stop - begin for begin, stop in gaps if begin < end and stop > start), default=0.0)


def main() -> None:
    """Print the rows as JSON or, given a library, its pauses."""
    arguments = argument_parser(__doc__).parse_args()
    series, scrapes = (QUICK_SERIES, QUICK_SCRAPES) if arguments.quick else (SERIES, SCRAPES)
    if arguments.library:
        print(json.dumps(measure(arguments.library, series, scrapes)))
        return
    quick = ["--quick"] * arguments.quick
    theirs, ours = (
        in_fresh_process("benches.pause", "--library", library, *quick)
        for library in (THEIRS, OURS)
    )
    name = f"pause of a Python thread by a scrape of {series:,} series"
    print_results(
        [
            Row(f"longest {name}", "ms", theirs["longest"], ours["longest"], ours["quiet"], TARGET),
            Row(f"median {name}", "ms", theirs["usual"], ours["usual"]),
        ]
    )


if __name__ == "__main__":
    main()
