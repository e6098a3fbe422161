"""Write down what was measured, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benches.page.browser import Load, Refreshes
from benches.page.queries import QueryTimes
from benches.report import Cells, markdown_table

PAGE_LIMIT_BYTES = 500_000
DRAWN_LIMIT_MS = 2000
TASK_LIMIT_MS = 100


@dataclass(frozen=True)
class Measured:
    """The page over one store."""

    store: str
    loads: list[Load]
    """In a window as high as the board."""
    usual_loads: list[Load]
    """In a window as people have it."""
    queries: QueryTimes


Value = Callable[[Measured], float]


def times_table(measured: list[Measured]) -> str:
    """Return what the stores and the page over them need, side by side."""
    rows = [
        _row("all panels drawn, after the navigation began", measured, _drawn_ms, DRAWN_LIMIT_MS),
        _row("the panels on the screen drawn, 1280 x 900 pixels", measured, _usual_drawn_ms, None),
        _row("longest task of the main thread until all are", measured, _longest_task_ms, None),
        _row("processor time of the main thread until then", measured, _own_time_ms, None),
        _row("all queries, one after the other", measured, _one_after_the_other_ms, None),
        _row("all queries, on six connections", measured, _six_at_once_ms, None),
        _row("the slowest query", measured, _slowest_ms, None),
    ]
    return markdown_table(["", *(one.store for one in measured), "target", ""], rows)


def refresh_table(refreshes: Refreshes) -> str:
    """Return how long the main thread was held up, and what is left in memory."""
    tasks = sorted(refreshes.longest_tasks_ms)
    longest = tasks[-1]
    own = sorted(refreshes.own_times_ms)
    rows = [
        ["longest task of any refresh", f"{longest:,.0f} ms", f"≤ {TASK_LIMIT_MS} ms"],
        ["longest task of a refresh, 95th percentile", f"{_quantile(tasks, 0.95):,.0f} ms", ""],
        ["longest task of a refresh, median (0: none over 50 ms)", f"{_median(tasks):,.0f} ms", ""],
        [
            f"processor time of the longest task, median of {len(own)}",
            f"{_median(own):,.0f} ms",
            "",
        ],
        [f"processor time of the longest task of these {len(own)}", f"{own[-1]:,.0f} ms", ""],
    ]
    header = [f"{len(tasks)} refreshes of all panels", "", "target"]
    return markdown_table(header, rows) + "\n\n" + _memory_table(refreshes)


def _memory_table(refreshes: Refreshes) -> str:
    header = ["after refreshes", "heap", "DOM nodes", "listeners"]
    rows = [
        [
            f"{memory.refreshes:,}",
            f"{memory.heap_bytes / 1e6:.1f} MB",
            f"{memory.nodes:,}",
            f"{memory.listeners:,}",
        ]
        for memory in refreshes.memory
    ]
    return markdown_table(header, rows)


def page_size(load: Load) -> str:
    """Say how many bytes the page itself is, as they were sent."""
    total = sum(load.files.values())
    largest = max(load.files, key=lambda path: load.files[path])
    return (
        f"The page's files, compressed as they are sent: {total / 1000:.0f} kB of at most "
        f"{PAGE_LIMIT_BYTES / 1000:.0f}, of which {load.files[largest] / 1000:.0f} kB are "
        f"`{largest}`.\n"
    )


def _row(name: str, measured: list[Measured], value: Value, limit_ms: int | None) -> Cells:
    numbers = [value(one) for one in measured]
    cells = [name, *(f"{number:,.0f} ms" for number in numbers)]
    if limit_ms is None:
        return [*cells, "", ""]
    return [*cells, f"≤ {limit_ms:,} ms", "met" if numbers[0] <= limit_ms else "missed"]


def _drawn_ms(measured: Measured) -> float:
    return statistics.median(load.drawn_ms for load in measured.loads)


def _usual_drawn_ms(measured: Measured) -> float:
    return statistics.median(load.drawn_ms for load in measured.usual_loads)


def _longest_task_ms(measured: Measured) -> float:
    return statistics.median(max(load.long_tasks_ms, default=0.0) for load in measured.loads)


def _own_time_ms(measured: Measured) -> float:
    return statistics.median(load.own_time_ms for load in measured.loads)


def _one_after_the_other_ms(measured: Measured) -> float:
    return measured.queries.one_after_the_other


def _six_at_once_ms(measured: Measured) -> float:
    return measured.queries.six_at_once


def _slowest_ms(measured: Measured) -> float:
    return measured.queries.slowest


def _median(ordered: list[float]) -> float:
    return _quantile(ordered, 0.5)


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
