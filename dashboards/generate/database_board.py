"""Database methods: which are called, how long they take, and which are slow."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.models import units

from .board import Board
from .panels import (
    About,
    Column,
    Key,
    Row,
    bar,
    heatmap_panel,
    line_panel,
    of_many,
    stat_panel,
    table_panel,
)
from .queries import Query, mean_by, quantile_by, rate_per_second

FAMILY = "database_latency_seconds"
CALLS = rate_per_second(f"{FAMILY}_count")
CALLS_BY_METHOD = f"sum by (method) ({CALLS})"
BUSY = rate_per_second(f"{FAMILY}_sum")

CALL_RATE = stat_panel(
    About(
        title="Database calls",
        meaning="How many database calls there are in a second, of all methods together.",
        healthy="it follows the number of workers.",
        otherwise="many calls without workers: see which method under Slowest methods.",
    ),
    [Query("Calls", f"sum({CALLS})")],
    unit=units.OpsPerSecond,
    width=8,
)

LOAD = stat_panel(
    About(
        title="Time in the database",
        meaning="Which share of the time is spent within database calls. Calls at the same time "
        "add up, so it may be above 100 %.",
        healthy="a few percent.",
        otherwise="above about half, the database limits how many workers can be served: use a "
        "quicker disk that is not shared, or lower `max_num_concurrent_units`.",
    ),
    [Query("Share of time", f"sum({BUSY})")],
    unit=units.PercentUnit,
    width=8,
)

P99_ALL = stat_panel(
    About(
        title="P99 of all calls",
        meaning="How long the slowest one in a hundred database calls takes, of all methods "
        "together.",
        healthy="some milliseconds.",
        otherwise="see below which methods are slow, and since when.",
    ),
    [
        Query(
            "P99",
            "histogram_quantile(0.99, sum by (le) (" + rate_per_second(f"{FAMILY}_bucket") + "))",
        )
    ],
    unit=units.Seconds,
    width=8,
)


def _if_called(expr: str) -> str:
    """Leave out methods that were not called, of which nothing is known."""
    return f"({expr}) and {CALLS_BY_METHOD} > 0"


SLOWEST = table_panel(
    About(
        title="Slowest methods",
        meaning="The database methods that were called in the last four minutes or more, the "
        "slowest first. `Share of time` is how much of the time is spent in the method.",
        healthy="every method takes milliseconds.",
        otherwise="one method that is slow and often called: what calls it does not scale, such "
        "as `find_...` over a large database. All slow: the disk.",
    ),
    [Key("Method", "method")],
    [
        Column("P99 (ms)", _if_called(f"1000 * {quantile_by('method', 0.99, FAMILY)}"), bar()),
        Column("Median (ms)", _if_called(f"1000 * {quantile_by('method', 0.5, FAMILY)}")),
        Column("Mean (ms)", _if_called(f"1000 * {mean_by('method', FAMILY)}")),
        Column("Calls (per min)", _if_called(f"60 * {CALLS_BY_METHOD}")),
        Column("Share of time (%)", _if_called(f"100 * sum by (method) ({BUSY})")),
    ],
    sorted_by="P99 (ms)",
    is_descending=True,
    height=12,
)

RATE = of_many(
    line_panel(
        About(
            title="Calls by method",
            meaning="How many calls of each database method there are in a second.",
            healthy="methods follow the number of workers.",
            otherwise="a method that grows while workers do not: something asks again and again.",
        ),
        [Query("{{method}}", CALLS_BY_METHOD)],
        unit=units.OpsPerSecond,
        width=24,
        height=10,
    )
)

SPREAD = heatmap_panel(
    About(
        title="Time of all calls",
        meaning="How long database calls take, of all methods. Each cell is the number of calls "
        "that took that long.",
        healthy="one band below a few milliseconds.",
        otherwise="a second band far above: calls that wait for one another, or for the disk.",
    ),
    FAMILY,
    width=24,
    height=10,
)


def _response_time(title: str, quantile: float, share: str) -> timeseries.Panel:
    about = About(
        title=title,
        meaning=f"How long {share} takes, for each database method that was called.",
        healthy="milliseconds, and steady.",
        otherwise="lines that rise together: the disk or the machine. One line alone: its method.",
    )
    query = Query("{{method}}", quantile_by("method", quantile, FAMILY))
    panel = line_panel(about, [query], unit=units.Seconds, width=24, height=10)
    return of_many(panel)


P50 = _response_time("Median response time by method", 0.5, "the middle one of all calls")
P99 = _response_time("P99 response time by method", 0.99, "the slowest one in a hundred calls")

DATABASE_BOARD = Board(
    uid="mephisto_database",
    title="Mephisto: database methods",
    description="Which methods of Mephisto's database are called, and how long they take.",
    rows=(
        Row(
            title="Database methods",
            first_id=100,
            panels=(CALL_RATE, LOAD, P99_ALL, SLOWEST, RATE, SPREAD, P50, P99),
        ),
    ),
)
