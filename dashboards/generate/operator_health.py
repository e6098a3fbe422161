"""Operator Health: what the Operator is at, and how long its own work takes."""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap
from grafana_foundation_sdk.models import units

from .panels import About, Row, count_panel, heatmap_panel, line_panel, of_many
from .queries import Query, quantile_by, series

THREADS = count_panel(
    About(
        title="Active TaskRunner Threads",
        meaning="How many threads Mephisto runs for its workers now: one for each onboarding, one "
        "for each unit of a task for one worker, one for each assignment of a task for several.",
        healthy="`unit` or `assignment` follows the workers who are in a task, and goes to zero "
        "with them.",
        otherwise="far fewer threads than units in `launched` under Live unit status: workers do "
        "not come, or are refused (Connecting Agent Responses). Threads that stay when all workers "
        "have left wait for a submission that will not come, until "
        "`assignment_duration_in_seconds` is over.",
    ),
    [Query("{{thread_type}}", f"sum by (thread_type) ({series('task_runner_thread_count')})")],
    width=12,
)

COMPLETION = heatmap_panel(
    About(
        title="Unit Completion time in seconds",
        meaning="How long units took, from the moment their thread began to work with the worker "
        "until it ended. Each column is a stretch of time, each cell the number of units that "
        "ended in it after that long. A task for several workers counts once for each group; a "
        "unit that was given up counts too.",
        healthy="most units lie in one band, at about the time that you expect the task to take.",
        otherwise="a band far below that: workers rush, or the task's page submits at once. One "
        "that climbs: the task gets slower, see Mephisto live update processing times. Units at "
        "`assignment_duration_in_seconds` ran out of time.",
    ),
    "task_runner_thread_duration",
    'thread_type!="onboarding"',
    width=12,
)

DATABASE = of_many(
    line_panel(
        About(
            title="P99 database response time by method",
            meaning="How long the slowest one in a hundred calls of Mephisto's database takes, for "
            "each of its methods.",
            healthy="every line stays in the milliseconds. There are gaps where a method was not "
            "called.",
            otherwise="all methods slow: the disk is slow or shared, as a database on a network "
            "file system is, or the machine is overloaded. Methods named `find_...` slow: the "
            "database has grown large. The board Mephisto: database methods has more.",
        ),
        [Query("{{method}}", quantile_by("method", 0.99, "database_latency_seconds"))],
        unit=units.Seconds,
        width=12,
    )
)

PROCESSING = line_panel(
    About(
        title="P99 Processing time by packet type",
        meaning="How long Mephisto itself works on the slowest one in a hundred packets, for each "
        "type of packet, without the way to it.",
        healthy="every line is steady, and well below a second.",
        otherwise="too many workers at once: lower `max_num_concurrent_units`. One type alone: "
        "its packets hold much data, or what it sets off is slow, for `register_agent` one of the "
        "three functions below.",
    ),
    [
        Query(
            "{{packet_type}}",
            quantile_by("packet_type", 0.99, "client_io_handler_latency_seconds"),
        )
    ],
    unit=units.Seconds,
    width=12,
)

OUTCOME = "Workers wait for it before they see the task, so it limits how many can come at once."


def function_panel(function: str, *, meaning: str, otherwise: str, width: int = 8) -> heatmap.Panel:
    """Draw how long one of the functions takes that Mephisto calls for a worker."""
    about = About(
        title=f"{function} latency",
        meaning=f"{meaning} Each cell is the number of calls that took that long.",
        healthy="all calls lie in the lowest buckets, well below a second.",
        otherwise=otherwise,
    )
    return heatmap_panel(about, "external_function_latency", f'function="{function}"', width=width)


INIT_DATA = function_panel(
    "get_init_data_for_agent",
    meaning="How long it takes to get together what a worker needs to begin a unit.",
    otherwise=f"a unit needs too much that has to be read when it is assigned. {OUTCOME} Make "
    "the data smaller, or get it ready before the launch.",
)

VALID_UNITS = function_panel(
    "get_valid_units_for_worker",
    meaning="How long it takes to find the units that a worker may do.",
    otherwise="the database is slow to say what is open (P99 database response time by method), "
    f"or your `worker_can_do_unit` is slow. {OUTCOME}",
)

FILTER_UNITS = function_panel(
    "filter_units_for_worker",
    meaning="How long the task's Blueprint takes to choose among the units that a worker may do.",
    otherwise="your Blueprint's `filter_units_for_worker`, or the function that it was given for "
    f"this, is slow. {OUTCOME}",
)

OPERATOR_HEALTH = Row(
    title="Operator Health",
    first_id=200,
    panels=(THREADS, COMPLETION, DATABASE, PROCESSING, INIT_DATA, VALID_UNITS, FILTER_UNITS),
)
