"""Register, update and scrape up to a million series, in a fresh process for each size."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from benches.libraries import LIBRARIES, MODULES, OURS, THEIRS, argument_parser, in_fresh_process
from benches.loops import timed
from benches.memory import resident_bytes
from benches.results import Growth, print_results

# A million in prometheus_client would take minutes and gigabytes.
SIZES = {THEIRS: (10_000, 100_000), OURS: (10_000, 100_000, 1_000_000)}
QUICK_SIZES = {THEIRS: (100,), OURS: (100, 1_000)}


def measure(library: str, series: int) -> Growth:
    """Make that many series of one gauge, then set each once more, then expose all."""
    module = MODULES[library]
    registry = module.CollectorRegistry()
    gauge = module.Gauge("family", "", ["worker"], registry=registry)
    before = resident_bytes()
    register_seconds, _ = timed(lambda: set_each(gauge, series))
    update_seconds, _ = timed(lambda: set_each(gauge, series))
    resident = resident_bytes() - before
    scrape_seconds, exposition = timed(lambda: module.generate_latest(registry))
    seconds = register_seconds, update_seconds, scrape_seconds
    return Growth(library, series, *seconds, resident, len(exposition))


def set_each(gauge: Any, series: int) -> None:
    """Set as many label sets of a gauge."""
    for number in range(series):
        gauge.labels(f"worker_{number}").set(number)


def main() -> None:
    """Print what each size costs as JSON or, given a library and a size, that one."""
    parser = argument_parser(__doc__)
    parser.add_argument("--series", type=int, help="how many series, with --library")
    arguments = parser.parse_args()
    if arguments.library:
        print(json.dumps(asdict(measure(arguments.library, arguments.series))))
        return
    sizes = QUICK_SIZES if arguments.quick else SIZES
    print_results(
        [
            Growth(**in_fresh_process("benches.million", "--library", library, "--series", series))
            for library in LIBRARIES
            for series in sizes[library]
        ]
    )


if __name__ == "__main__":
    main()
