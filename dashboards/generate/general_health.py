"""General Health: the row that says whether the run goes well at all."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from .panels import (
    DONE,
    LOST,
    About,
    Row,
    count_panel,
    gauge_panel,
    limit_line,
    line_panel,
    state_panel,
)
from .queries import Query, none_of, one_of, quantile_by, rate_per_minute, series

# "These should never be exceeding a few seconds" (Mephisto's guide to its metrics).
P99_LIMIT_SECONDS = 5

# AgentState and AssignmentState of Mephisto. What is in neither group is shown by its own name,
# so no status is left out or counted twice, not even one that a later Mephisto adds.
AGENT_INCOMPLETE = ("disconnect", "expired", "partner disconnect", "returned", "timeout")
AGENT_COMPLETE = ("approved", "completed", "rejected", "soft_rejected")
UNIT_COMPLETE = ("accepted", "completed", "rejected", "soft_rejected")

P99_E2E = limit_line(
    line_panel(
        About(
            title="P99 E2E processing by packet type",
            meaning="How long the slowest one in a hundred requests takes, from the worker's "
            "browser until Mephisto has answered, for each type of packet.",
            healthy=f"every line stays well below the mark at {P99_LIMIT_SECONDS} seconds. "
            "There are gaps where no packet of the type came in.",
            otherwise="the server, the router or the network between them is overloaded. One slow "
            "type points to what that packet sets off, for `register_agent` the choice of a "
            "unit; all types slow together point to the machine or the network. Lowering "
            "`max_num_concurrent_units` helps with either.",
        ),
        [
            Query(
                "{{packet_type}}",
                quantile_by("packet_type", 0.99, "e2e_packet_latency", 'stage="e2e_time"'),
            )
        ],
        unit=units.Seconds,
        width=8,
    ),
    P99_LIMIT_SECONDS,
)

# Each series is held against zero by itself: after a restart an Operator may count a worker
# below zero, which must not hide the same worker's work under another Operator.
WORKERS = count_panel(
    About(
        title="Estimated Active Worker Count",
        meaning="How many different workers are in a task now. A worker with several agents, or "
        "under several Operators on one database, counts once; onboarding does not count. "
        "Work that begins and ends between two scrapes is not seen.",
        healthy="rises after the launch as workers come, and falls to zero as the units run out.",
        otherwise="if it stays at zero while units are launched, see under Incoming requests per "
        "minute whether `register_agent` arrives at all, and under Connecting Agent Responses "
        "what those workers are told.",
    ),
    [
        Query(
            "Active workers",
            "count(count by (worker_id) ("
            + series("active_workers", 'agent_type="main"')
            + " > 0)) or vector(0)",
        )
    ],
    width=8,
)


def _agents(status: str) -> str:
    return series("active_agent_statuses", 'agent_type="main"', status)


AGENTS = state_panel(
    About(
        title="Live task agent status",
        meaning="How many agents of the task are in each status. Complete are: "
        + ", ".join(AGENT_COMPLETE)
        + ". Incomplete are: "
        + ", ".join(AGENT_INCOMPLETE)
        + ".",
        healthy="agents go through `accepted`, `waiting` in tasks for several workers, and "
        "`in task`, and nearly all of them end in `all complete`.",
        otherwise="where `all incomplete` grows about as fast as `all complete`, workers leave or "
        "run out of time: look for a spike of `log_error` under Incoming requests per minute, "
        "and compare the time the task takes with `assignment_duration_in_seconds`. Many in "
        "`waiting` lack partners: launch smaller groups or draw more workers.",
    ),
    [
        Query(
            "{{status}}",
            f"sum by (status) ({_agents(none_of('status', AGENT_INCOMPLETE + AGENT_COMPLETE))})",
        ),
        Query("all incomplete", f"sum({_agents(one_of('status', AGENT_INCOMPLETE))})"),
        Query("all complete", f"sum({_agents(one_of('status', AGENT_COMPLETE))})"),
    ],
    colors={"all incomplete": LOST, "all complete": DONE},
    width=8,
)

REQUESTS = line_panel(
    About(
        title="Incoming requests per minute",
        meaning="How many packets of each type reach Mephisto in a minute.",
        healthy="`register_agent` while workers come in, `submit_unit` at about the pace at which "
        "they finish, `return_statuses` steadily, `log_error` at zero.",
        otherwise="without `register_agent` nobody opens the task: check that it is published and "
        "its address can be reached. A spike of `log_error` is an error in the task's page, "
        "which Mephisto's log quotes.",
    ),
    [
        Query(
            "{{packet_type}}",
            rate_per_minute("packet_type", "client_io_handler_latency_seconds_count"),
        )
    ],
    unit=units.RequestsPerMinute,
    width=12,
)

RESPONSES = line_panel(
    About(
        title="Connecting Agent Responses",
        meaning="What Mephisto tells the workers that connect, in answers per minute.",
        healthy="mostly `assigned`, and `assigned_onboarding` where the task has onboarding.",
        otherwise="`not_qualified`: the qualifications shut out the workers who come. "
        "`no_available_units`: all units are taken, or the worker has done what there is. "
        "`reconnection`: workers lost their connection and come back. `agent_missing`: they "
        "come back to a run that does not know them, as after a restart.",
    ),
    [Query("{{response}}", rate_per_minute("response", "agent_details_responses_total"))],
    unit=units.CountsPerMinute,
    width=12,
)


def _units(status: str) -> str:
    return series("active_unit_statuses", status)


UNITS = state_panel(
    About(
        title="Live unit status",
        meaning="How many units, of every type, are in each status. Complete are: "
        + ", ".join(UNIT_COMPLETE)
        + ". Mephisto looks at a unit's status only now and then, so changes may show late.",
        healthy="units move from `created` over `launched` and `assigned` to `all complete`.",
        otherwise="where `expired` grows, workers take longer than "
        "`assignment_duration_in_seconds`, or nobody takes the units up. Units that stay `created` "
        "wait until fewer than `max_num_concurrent_units` are out.",
    ),
    [
        Query("{{status}}", f"sum by (status) ({_units(none_of('status', UNIT_COMPLETE))})"),
        Query("all complete", f"sum({_units(one_of('status', UNIT_COMPLETE))})"),
    ],
    colors={"expired": LOST, "all complete": DONE},
    width=12,
)


def _launched(unit_type: str) -> str:
    launched = series("active_unit_statuses", f'unit_type="{unit_type}"', 'status!="created"')
    return f"sum({launched})"


# Gold and screening units are hidden until there are some: most tasks never have any.
LAUNCHED = gauge_panel(
    About(
        title="Launched unit counts",
        meaning="How many units have been launched so far: standard, gold and screening ones. "
        "Tasks without gold or screening units show the standard ones only.",
        healthy="`Standard units` climbs to the number of units of the run.",
        otherwise="if it stands still below that, see Live unit status for units that stay "
        "`created`. Many screening units for few standard ones: most workers fail the screening.",
    ),
    [
        Query("Standard units", _launched("standard")),
        Query("Gold units", f"{_launched('gold_unit')} > 0"),
        Query("Screening units", f"{_launched('screening_unit')} > 0"),
    ],
    width=12,
)

GENERAL_HEALTH = Row(
    title="General Health",
    first_id=100,
    panels=(P99_E2E, WORKERS, AGENTS, REQUESTS, RESPONSES, UNITS, LAUNCHED),
)
