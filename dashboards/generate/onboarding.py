"""Onboarding Metrics: how workers fare in the trial before their first unit."""

from __future__ import annotations

from .general_health import AGENT_INCOMPLETE
from .operator_health import function_panel
from .panels import BAD, DONE, LOST, About, Row, count_panel, state_panel
from .queries import Query, none_of, one_of, series

SUCCESS = ("approved",)
FAILURE = ("rejected", "soft_rejected")


def _agents(status: str) -> str:
    return series("active_agent_statuses", 'agent_type="onboarding"', status)


# A status is in one band alone: `waiting` is an onboarding that is still being judged, and one
# that was completed is a success or a failure. What is in no group is shown by its own name.
AGENTS = state_panel(
    About(
        title="Live onboarding agent status",
        meaning="How many onboardings are in each status. `Success` and `Failures` are those that "
        "were completed and judged; `waiting` is submitted and not judged yet. Incomplete are: "
        + ", ".join(AGENT_INCOMPLETE)
        + ". Tasks without onboarding show zeros.",
        healthy="a few in `onboarding`, hardly any in `waiting`, and `Success` grows faster than "
        "the rest.",
        otherwise="`Failures` grows: the onboarding is too hard or unclear, or the task draws the "
        "wrong workers. `Incomplete` grows: it is too long, or its page is broken: look for "
        "`log_error` under Incoming requests per minute. `waiting` stays: see validate_onboarding "
        "latency.",
    ),
    [
        Query(
            "{{status}}",
            "sum by (status) ("
            + _agents(none_of("status", AGENT_INCOMPLETE + SUCCESS + FAILURE))
            + ")",
        ),
        Query("Incomplete", f"sum({_agents(one_of('status', AGENT_INCOMPLETE))})"),
        Query("Success", f"sum({_agents(one_of('status', SUCCESS))})"),
        Query("Failures", f"sum({_agents(one_of('status', FAILURE))})"),
    ],
    colors={"Incomplete": LOST, "Success": DONE, "Failures": BAD},
    width=12,
)


def _outcomes(outcome: str) -> str:
    counted = series("worker_pool_onboarding_outcomes_total", f'outcome="{outcome}"')
    return f"sum({counted})"


OUTCOMES = count_panel(
    About(
        title="Onboarding Outcomes",
        meaning="How many onboardings were launched, passed and failed so far, since the Operators "
        "that run now were started.",
        healthy="`Passed` follows `Launched` at some distance, and `Failed` stays small.",
        otherwise="`Failed` close to `Passed`: see above for why onboarding fails. `Launched` far "
        "above the other two together: workers leave in the middle of it.",
    ),
    [Query(outcome.title(), _outcomes(outcome)) for outcome in ("launched", "passed", "failed")],
    width=12,
)

ACTIVE = count_panel(
    About(
        title="Active Onboarding Count",
        meaning="How many workers are at their onboarding now.",
        healthy="high after the launch, and low once most workers have been through it.",
        otherwise="if it grows without end, workers leave their onboarding open: it ends for them "
        "after `assignment_duration_in_seconds`.",
    ),
    [Query("Active onboardings", f"sum({series('worker_pool_active_onboardings')})")],
    width=12,
)

VALIDATION = function_panel(
    "validate_onboarding",
    meaning="How long it takes to judge a submitted onboarding.",
    otherwise="your `validate_onboarding` is slow. The worker waits for it, and then for a unit.",
    width=12,
)

ONBOARDING = Row(
    title="Onboarding Metrics",
    first_id=400,
    panels=(AGENTS, OUTCOMES, ACTIVE, VALIDATION),
    is_collapsed=True,
)
