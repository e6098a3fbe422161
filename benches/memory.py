"""Measure what a labelled counter's child keeps in memory, in a fresh process for each library."""

from __future__ import annotations

import gc
import json

import psutil

from benches.libraries import MODULES, OURS, THEIRS, argument_parser, in_fresh_process
from benches.results import Row, Target, print_results

CHILDREN = 100_000
QUICK_CHILDREN = 1_000


def resident_bytes() -> int:
    """Return how much physical memory this process holds, garbage excluded."""
    gc.collect()
    resident: int = psutil.Process().memory_info().rss
    return resident


def bytes_per_child(library: str, children: int) -> float:
    """Return by how much each new child makes the process grow, its label value included."""
    module = MODULES[library]
    counter = module.Counter("family", "", ["method"], registry=module.CollectorRegistry())
    before = resident_bytes()
    for number in range(children):
        counter.labels(f"method_{number}")
    return (resident_bytes() - before) / children


def main() -> None:
    """Print one row as JSON or, given a library, its number."""
    arguments = argument_parser(__doc__).parse_args()
    children = QUICK_CHILDREN if arguments.quick else CHILDREN
    if arguments.library:
        print(json.dumps(bytes_per_child(arguments.library, children)))
        return
    quick = ["--quick"] * arguments.quick
    theirs, ours = (
        in_fresh_process("benches.memory", "--library", library, *quick)
        for library in (THEIRS, OURS)
    )
    target = Target(times_better=10)
    print_results(
        [Row("memory of a labelled counter's child", "bytes", theirs, ours, target=target)]
    )


if __name__ == "__main__":
    main()
