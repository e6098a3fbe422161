"""Mephisto's metric families, what we add to them, and the families that we add.

Names, labels and original buckets never change: people have dashboards and alerts on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

INF = float("inf")

# fmt: off
DATABASE_METHODS = (
    "new_project", "get_project", "find_projects", "new_task", "get_task", "find_tasks",
    "update_task", "new_task_run", "get_task_run", "find_task_runs", "update_task_run",
    "new_assignment", "get_assignment", "find_assignments", "new_unit", "get_unit",
    "find_units", "update_unit", "new_requester", "get_requester", "find_requesters",
    "new_worker", "get_worker", "find_workers", "new_agent", "get_agent", "find_agents",
    "update_agent", "clear_unit_agent_assignment", "new_onboarding_agent",
    "get_onboarding_agent", "find_onboarding_agents", "update_onboarding_agent",
    "make_qualification", "get_qualification", "find_qualifications", "delete_qualification",
    "update_qualification", "grant_qualification", "find_granted_qualification",
    "check_granted_qualifications", "get_granted_qualification", "revoke_qualification",
    "new_worker_review", "update_worker_review",
)
# fmt: on
PACKET_TYPES = (
    "submit_onboarding",
    "submit_unit",
    "mephisto_bound_live_update",
    "register_agent",
    "return_statuses",
    "log_error",
)
STAGES = (
    "client_to_router",
    "router_processing",
    "router_to_server",
    "server_processing",
    "e2e_time",
)
EXTERNAL_FUNCTIONS = (
    "get_init_data_for_agent",
    "validate_onboarding",
    "get_valid_units_for_worker",
    "filter_units_for_worker",
    "get_screening_unit_data",
    "launch_screening_unit",
    "get_gold_unit_data_for_worker",
)
THREAD_TYPES = ("onboarding", "unit", "assignment")
AGENT_STATUSES = (
    "none",
    "accepted",
    "onboarding",
    "waiting",
    "in task",
    "completed",
    "disconnect",
    "timeout",
    "partner disconnect",
    "expired",
    "returned",
    "approved",
    "soft_rejected",
    "rejected",
)
AGENT_TYPES = ("main", "onboarding")
UNIT_STATUSES = (
    "created",
    "launched",
    "assigned",
    "completed",
    "accepted",
    "rejected",
    "soft_rejected",
    "expired",
)
UNIT_TYPES = ("standard", "gold_unit", "screening_unit", "compensation_unit")
DETAILS_RESPONSES = (
    "not_qualified",
    "no_available_units",
    "agent_missing",
    "reconnection",
    "assigned",
    "assigned_onboarding",
)
ONBOARDING_OUTCOMES = ("launched", "passed", "failed")

THREAD_DURATION_BUCKETS = (
    *(10, 30, 60, 150, 300, 450, 600, 750, 900),
    *(1200, 1800, 2400, 3600, 7200, 14400, INF),
)
DEFAULT_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25),
    *(0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, INF),
)
SLOW_BUCKETS = (15.0, 30.0, 60.0)
"""For latencies that a struggling host drives past the original end of ten seconds."""
SKEW_BUCKETS = (0.01, 0.1, 1, 10, 60, 600, 3600, 86400, INF)
"""From a clock that drifts, over one that was never set right, to one in another time zone."""

UNMEASURED_REASONS = ("clock_skew", "missing", "not_a_number", "out_of_range")


@dataclass(frozen=True)
class Family:
    """A metric of Mephisto's."""

    name: str
    """As it is constructed: a counter's series add `_total`."""
    type: str
    """`counter`, `gauge` or `histogram`."""
    documentation: str
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The values of each label that Mephisto creates ahead; none where they are not known."""
    buckets: tuple[float, ...] = ()
    """The original upper bounds of a histogram."""
    added_buckets: tuple[float, ...] = ()
    """Further bounds that make it useful."""
    series_limit: int | None = None
    """How many label sets it may have, where a label's values come from outside of the process."""
    zero_series_lifetime_seconds: float | None = None
    """After how long at zero a label set is dropped, where they would pile up otherwise."""


FAMILIES = (
    Family(
        "database_latency_seconds",
        "histogram",
        "Time spent in a database call",
        {"method": DATABASE_METHODS},
        DEFAULT_BUCKETS,
        # Most calls take far less than the 5 ms at which the original begins.
        (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025),
    ),
    Family(
        "client_io_handler_latency_seconds",
        "histogram",
        "Time spent processing a packet on the IO handler",
        {"packet_type": PACKET_TYPES},
        DEFAULT_BUCKETS,
        (0.00025, 0.0005, 0.001, 0.0025, *SLOW_BUCKETS),
        series_limit=100,
    ),
    Family(
        "e2e_packet_latency",
        "histogram",
        "Time spent processing packets across request lifecycle",
        {"packet_type": PACKET_TYPES, "stage": STAGES},
        DEFAULT_BUCKETS,
        (0.001, 0.0025, *SLOW_BUCKETS),
        series_limit=100 * len(STAGES),
    ),
    Family(
        "external_function_latency",
        "histogram",
        "Latency for various user functions",
        {"function": EXTERNAL_FUNCTIONS},
        DEFAULT_BUCKETS,
        (0.001, 0.0025, *SLOW_BUCKETS),
    ),
    Family(
        "task_runner_thread_duration",
        "histogram",
        "Histogram for execution time across different task segments",
        {"thread_type": THREAD_TYPES},
        THREAD_DURATION_BUCKETS,
        (1, 2.5, 5),
    ),
    Family(
        "task_runner_thread_count",
        "gauge",
        "Gauges for ongoing onboarding, unit, and assignment execution",
        {"thread_type": THREAD_TYPES},
    ),
    Family(
        "active_agent_statuses",
        "gauge",
        "Tracking of all units current statuses",
        {"status": AGENT_STATUSES, "agent_type": AGENT_TYPES},
    ),
    Family(
        "active_workers",
        "gauge",
        "Tracking of active workers and how many agents they have",
        {"worker_id": (), "agent_type": AGENT_TYPES},
        series_limit=10_000,
        zero_series_lifetime_seconds=600,
    ),
    Family(
        "active_unit_statuses",
        "gauge",
        "Tracking of all units current statuses",
        {"status": UNIT_STATUSES, "unit_type": UNIT_TYPES},
    ),
    Family(
        "agent_details_responses",
        "counter",
        "Responses to agent details requests",
        {"response": DETAILS_RESPONSES},
    ),
    Family(
        "worker_pool_onboarding_outcomes",
        "counter",
        "Counts of onboarding outcomes as determined by the worker pool",
        {"outcome": ONBOARDING_OUTCOMES},
    ),
    Family(
        "worker_pool_active_onboardings",
        "gauge",
        "Count of active onboardings as determined by the worker pool",
    ),
)
ADDED_FAMILIES = (
    Family(
        "e2e_packet_clock_skew_seconds",
        "histogram",
        "By how much clocks disagree at least, of packets whose timestamps run backwards",
        {"stage": STAGES},
        SKEW_BUCKETS,
    ),
    Family(
        "e2e_packet_unmeasured",
        "counter",
        "Stages of packets that e2e_packet_latency does not have, by why",
        {"packet_type": (), "stage": STAGES, "reason": UNMEASURED_REASONS},
        series_limit=100 * len(STAGES) * len(UNMEASURED_REASONS),
    ),
    Family(
        "operator_start_time_seconds",
        "gauge",
        "When the first Operator of this process was started, in seconds since the Unix epoch",
    ),
    Family(
        "task_run_launch_time_seconds",
        "gauge",
        "When the launch of a task run began, in seconds since the Unix epoch",
        {"task": (), "task_run_id": ()},
    ),
    Family(
        "task_run_expiry_time_seconds",
        "gauge",
        "When Mephisto took back what was left of a task run, in seconds since the Unix epoch",
        {"task": (), "task_run_id": ()},
    ),
)
"""What Mephisto's families can not say."""
BY_NAME = {family.name: family for family in (*FAMILIES, *ADDED_FAMILIES)}

COUNTED_BY_STATUS = frozenset({"active_agent_statuses", "active_workers", "active_unit_statuses"})
"""Gauges that count objects which live in the database, hence longer than the process."""


def buckets_for(name: str, default: Iterable[float]) -> tuple[float, ...]:
    """Return the bounds for the histogram `name`: `default` and those that we add to it."""
    family = BY_NAME.get(name)
    added = family.added_buckets if family else ()
    return tuple(sorted({*map(float, default), *added}))
