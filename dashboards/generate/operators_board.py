"""Operators at a glance: one row for each, for whoever runs several at once."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from .board import Board
from .general_health import P99_LIMIT_SECONDS, UNIT_COMPLETE
from .panels import (
    BAD,
    STATE,
    About,
    Column,
    Key,
    Row,
    colored_from,
    count_panel,
    line_panel,
    linked,
    state_column,
    table_panel,
)
from .queries import Query, one_of, quantile_by, rate_per_minute, series

UP = series("up", 'job="mephisto"')
STARTED = series("operator_start_time_seconds")
REQUESTS = "client_io_handler_latency_seconds_count"
WORKING = series("active_workers", 'agent_type="main"') + " > 0"

# An Operator without a worker has no series that says so.
WORKERS = (
    f"count by (operator) (count by (operator, worker_id) ({WORKING}))"
    f" or 0 * max by (operator) ({UP})"
)


def _units(status: str) -> str:
    return f"sum by (operator) ({series('active_unit_statuses', status)})"


LAUNCHED = _units('status!="created"')
LEFT = _units(one_of("status", ("created", "launched")))
COMPLETE = _units(one_of("status", UNIT_COMPLETE))

GLANCE = linked(
    table_panel(
        About(
            title="Operators at a glance",
            meaning="One row for each Operator that runs at the end of the range; each cell leads "
            "to the Operator's own board. `Left` are units that nobody has taken yet. `Requests`, "
            "`P99 end to end` and `Errors` are of the last four minutes or more.",
            healthy="every Operator is `up`, `Complete` grows towards `Launched`, the P99 stays "
            f"below {P99_LIMIT_SECONDS} seconds, and there are no errors.",
            otherwise="follow the row that stands out. `no answer`: its process hangs or is gone. "
            "No requests and no workers while units are left: nobody finds the task, or its "
            "address can not be reached.",
        ),
        [
            Key("Operator", "operator"),
            Key("Tasks", "task_name"),
            STATE,
        ],
        [
            state_column(f"min by (operator, task_name) ({UP})"),
            Column("Up for (min)", f"(time() - max by (operator) ({STARTED})) / 60"),
            Column("Active workers", WORKERS),
            Column("Launched", LAUNCHED),
            Column("Left", LEFT),
            Column("Complete", COMPLETE),
            Column("Requests (per min)", rate_per_minute("operator", REQUESTS)),
            Column(
                "P99 end to end (s)",
                quantile_by("operator", 0.99, "e2e_packet_latency", 'stage="e2e_time"'),
                colored_from(P99_LIMIT_SECONDS, BAD),
            ),
            Column(
                "Errors (per min)",
                rate_per_minute("operator", REQUESTS, 'packet_type="log_error"'),
                colored_from(1e-9, BAD),
            ),
        ],
        sorted_by="Operator",
    ),
    "Show this Operator",
    "/d/mephisto?var-operator=${__data.fields.Operator}",
)

WORKERS_BY_OPERATOR = count_panel(
    About(
        title="Active workers by Operator",
        meaning="How many different workers are in a task of each Operator.",
        healthy="each line rises after the launch and falls as the units run out.",
        otherwise="one line at zero while others are not: see its Operator's own board.",
    ),
    [Query("{{operator}}", WORKERS)],
    width=12,
)

REQUESTS_BY_OPERATOR = line_panel(
    About(
        title="Requests by Operator",
        meaning="How many packets of workers and routers reach each Operator in a minute.",
        healthy="each line follows the number of its workers.",
        otherwise="a line that breaks off: the Operator has ended, or can not be scraped.",
    ),
    [Query("{{operator}}", rate_per_minute("operator", REQUESTS))],
    unit=units.RequestsPerMinute,
    width=12,
)

OPERATORS_BOARD = Board(
    uid="mephisto_operators",
    title="Mephisto: Operators at a glance",
    description="All Operators side by side, for whoever runs several at once.",
    rows=(
        Row(
            title="Operators",
            first_id=100,
            panels=(GLANCE, WORKERS_BY_OPERATOR, REQUESTS_BY_OPERATOR),
        ),
    ),
)
