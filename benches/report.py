"""Render results as Markdown that also reads well in a terminal."""

from __future__ import annotations

import math
from typing import Callable

from benches.results import Growth, Row, Target

Cells = list[str]

ROW_HEADER = [
    "operation",
    "prometheus_client",
    "ours",
    "floor",
    "times better",
    "target",
    "against the floor",
    "target",
    "",
]
GROWTH_HEADER = [
    "library",
    "series",
    "register",
    "update",
    "scrape",
    "memory",
    "memory per series",
    "exposition",
]
VERDICTS = {True: "met", False: "missed", None: ""}


def operations_table(rows: list[Row]) -> str:
    """Return the table of all rows with what was to be reached."""
    return markdown_table(ROW_HEADER, [_row_cells(row) for row in rows])


def growth_table(growths: list[Growth]) -> str:
    """Return the table of what numbers of series cost."""
    return markdown_table(GROWTH_HEADER, [_growth_cells(growth) for growth in growths])


def _row_cells(row: Row) -> Cells:
    target = row.target
    return [
        row.name,
        _amount(row.theirs, row.unit),
        _amount(row.ours, row.unit),
        _amount(row.floor, row.unit),
        _maybe(row.times_better, _digits),
        _maybe(target.times_better, lambda times: f"≥ {times:g}"),
        _against_floor(row),
        _floor_target(target, row.unit),
        VERDICTS[row.is_met],
    ]


def _against_floor(row: Row) -> str:
    if row.target.above_floor is not None:
        return _amount(row.above_floor, row.unit, sign="+")
    return _amount(row.floor_times, "x") if row.target.at_most is None else ""


def _floor_target(target: Target, unit: str) -> str:
    if target.above_floor is not None:
        return f"≤ +{target.above_floor:g} {unit}"
    if target.at_most is not None:
        return f"itself ≤ {target.at_most:g} {unit}"
    return _maybe(target.floor_times, lambda times: f"≤ {times:g} x")


def _growth_cells(growth: Growth) -> Cells:
    megabytes = [growth.resident_bytes / 1e6, growth.exposition_bytes / 1e6]
    return [
        growth.library,
        f"{growth.series:,}",
        _amount(growth.register_seconds, "s"),
        _amount(growth.update_seconds, "s"),
        _amount(growth.scrape_seconds, "s"),
        _amount(megabytes[0], "MB"),
        _amount(growth.resident_bytes / growth.series, "bytes"),
        _amount(megabytes[1], "MB"),
    ]


def _amount(value: float | None, unit: str, sign: str = "-") -> str:
    return _maybe(value, lambda number: f"{_digits(number, sign)} {unit}")


def _digits(number: float, sign: str = "-") -> str:
    """Write the three digits that count, without an exponent."""
    decimals = max(0, 2 - math.floor(math.log10(abs(number)))) if number else 0
    return f"{number:{sign},.{decimals}f}"


def _maybe(value: float | None, write: Callable[[float], str]) -> str:
    return "" if value is None else write(value)


def markdown_table(header: Cells, rows: list[Cells]) -> str:
    """Lay cells out, the first column to the left and all others to the right."""
    columns = list(zip(header, *rows))
    widths = [max(3, *map(len, column)) for column in columns]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(cells, widths) for cells in [header, rule, *rows])


def _line(cells: Cells, widths: list[int]) -> str:
    first, *others = zip(cells, widths)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(padded)} |"
