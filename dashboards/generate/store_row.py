"""What the built-in store says of itself; a Prometheus in its place has boards of its own."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from .panels import About, Row, count_panel, line_panel
from .queries import WINDOW, Query

STORE = 'job="mephisto-store"'
MISSED = "rule_group_evaluations_missed_total"


def _of_store(metric: str) -> str:
    return f"mephisto_store_{metric}{{{STORE}}}"


def _per_minute(counter: str) -> str:
    return f"60 * sum(rate({_of_store(counter)}[{WINDOW}]))"


KEPT = line_panel(
    About(
        title="Samples kept by the store",
        meaning="How many samples a minute the built-in store puts on the disk: those of "
        "scrapes and those that its rules record. Whatever Operators are chosen, here are all.",
        healthy="it follows the number of Operators and of their series.",
        otherwise="it falls to zero while Operators run: see Not kept by the store, and the "
        "store's log.",
    ),
    [Query("samples", _per_minute("samples_total"))],
    unit=units.CountsPerMinute,
    width=8,
)

SERIES = count_panel(
    About(
        title="Series in the store",
        meaning="How many series the built-in store has kept samples of within its retention.",
        healthy="it climbs with each run, for each Operator has series of its own, and falls when "
        "the retention has passed.",
        otherwise="hundreds of thousands: queries become slow. See Series added for where they "
        "come from.",
    ),
    [Query("series", f"max({_of_store('series')})")],
    width=8,
)

SIZE = line_panel(
    About(
        title="Size of the store",
        meaning="How much room the built-in store's files take on the disk.",
        healthy="tens of megabytes for a day of a few thousand series.",
        otherwise="if the disk will not hold it, remove series that you do not need, see Series "
        "added, or keep the home on a larger disk by `MEPHISTO_METRICS_HOME`.",
    ),
    [Query("files", f"max({_of_store('bytes')})")],
    unit=units.BytesIEC,
    width=8,
)

NOT_KEPT = line_panel(
    About(
        title="Not kept by the store",
        meaning="How often in a minute the built-in store could not put a scrape on the disk, and "
        "how often a rule failed or came too late.",
        healthy="all at zero.",
        otherwise="`scrapes`: the disk is full or read-only, as the store's log says. `rules`: one "
        "can not be evaluated, see the alerts above the board. `rules too late`: the machine is "
        "overloaded.",
    ),
    [
        Query("scrapes", _per_minute("scrapes_refused_total")),
        Query("rules", f"{_per_minute('rule_evaluation_failures_total')} or vector(0)"),
        Query(
            "rules too late", f"{_per_minute('rule_group_evaluations_missed_total')} or vector(0)"
        ),
    ],
    unit=units.CountsPerMinute,
    width=24,
)

STORE_ROW = Row(title="Built-in store", first_id=300, panels=(KEPT, SERIES, SIZE, NOT_KEPT))
