"""A task's funnel: of those who open the task, how many get how far, and where the rest is lost.

Mephisto counts what it answers whoever asks for work, and each judged onboarding leads to one
answer more. With `assigned` and so on for these counters, it holds of visits that

    connected = assigned + no_available_units + not_qualified + assigned_onboarding
                - passed - failed
    qualified = connected - (not_qualified - failed)
    onboarded = qualified - (assigned_onboarding - passed)     = assigned + no_available_units
    assigned  = onboarded - no_available_units

where `reconnection` and `agent_missing` are left out, being visits that were counted already.
"""

from __future__ import annotations

from .board import Board
from .general_health import AGENT_COMPLETE, AGENT_INCOMPLETE
from .panels import About, Column, Key, Row, bar, count_panel, table_panel
from .queries import Query, one_of, quoted, series


def _responses(response: str) -> str:
    return f"sum({series('agent_details_responses_total', f'response={quoted(response)}')})"


def _onboardings(outcome: str) -> str:
    counter = "worker_pool_onboarding_outcomes_total"
    return f"sum({series(counter, f'outcome={quoted(outcome)}')})"


def _agents(status: str) -> str:
    return series("active_agent_statuses", 'agent_type="main"', status)


ASSIGNED = _responses("assigned")
NO_UNITS = _responses("no_available_units")
NOT_QUALIFIED = _responses("not_qualified")
ONBOARDING = _responses("assigned_onboarding")
PASSED, FAILED = _onboardings("passed"), _onboardings("failed")
ONBOARDED = f"{ASSIGNED} + {NO_UNITS}"
QUALIFIED = f"{ONBOARDED} + {ONBOARDING} - {PASSED}"
CONNECTED = f"{QUALIFIED} + {NOT_QUALIFIED} - {FAILED}"
SUBMITTED = (
    "sum(" + series("client_io_handler_latency_seconds_count", 'packet_type="submit_unit"') + ")"
)
COMPLETED = f"sum({_agents(one_of('status', AGENT_COMPLETE))})"

STEPS = {
    "1 connected": CONNECTED,
    "2 qualified": QUALIFIED,
    "3 onboarded": ONBOARDED,
    "4 assigned": ASSIGNED,
    "5 submitted": SUBMITTED,
    "6 completed": COMPLETED,
}
SHARES = {step: f"100 * ({number}) / ({CONNECTED})" for step, number in STEPS.items()}
LOSSES = {
    "not qualified": f"{NOT_QUALIFIED} - {FAILED}",
    "failed onboarding": FAILED,
    "left or still in onboarding": f"{ONBOARDING} - {PASSED} - {FAILED}",
    "no units available": NO_UNITS,
}


def _one_row_each(label: str, rows: dict[str, str]) -> str:
    """Put several numbers into one answer, told apart by a label."""
    named = (
        f"label_replace({expr}, {quoted(label)}, {quoted(name)}, {quoted('')}, {quoted('')})"
        for name, expr in rows.items()
    )
    return " or ".join(named)


SO_FAR = "so far, since the Operators that run at the end of the range were started"

FUNNEL = table_panel(
    About(
        title="Funnel",
        meaning=f"How many visits got how far {SO_FAR}. A worker who comes back later is another "
        "visit, one who reloads the page is not. `connected`: asked for work. `qualified`: was "
        "not turned away by a qualification. `onboarded`: has passed the onboarding, or needed "
        "none. `assigned`: got a unit. `submitted`: sent it in. `completed`: Mephisto has taken "
        "it.",
        healthy="each step has nearly as many as the one before.",
        otherwise="see Losses for where the most are lost. `completed` far below `submitted`: "
        "Mephisto is still at work on them, or its log has errors.",
    ),
    [Key("Step", "step")],
    [
        Column("Visits", _one_row_each("step", STEPS)),
        Column("Of those connected (%)", _one_row_each("step", SHARES), bar()),
    ],
    sorted_by="Step",
    width=12,
    height=9,
)

INCOMPLETE = _agents(one_of("status", AGENT_INCOMPLETE))
BY_STATUS = f'label_replace({INCOMPLETE}, "reason", "$1", "status", "(.*)")'

LOST = table_panel(
    About(
        title="Losses",
        meaning=f"Where visits ended without a completed unit {SO_FAR}. `not qualified` has those "
        "for whom no unit was left after their onboarding too: Mephisto tells them the same. What "
        "happened to those with a unit is below their status's name.",
        healthy="all are small beside `completed`.",
        otherwise="`not qualified`: the task draws the wrong workers, or asks for too much. "
        "`failed onboarding`: it is too hard or unclear. `no units available`: more workers than "
        "units, launch more. `disconnect`, `returned`: the task is longer or worse than workers "
        "expected, or broken. `timeout`, `expired`: raise `assignment_duration_in_seconds`.",
    ),
    [Key("Reason", "reason")],
    [
        Column(
            "Visits",
            _one_row_each("reason", LOSSES) + f" or sum by (reason) ({BY_STATUS})",
            bar(),
        )
    ],
    sorted_by="Visits",
    is_descending=True,
    width=12,
    height=9,
)

COURSE = count_panel(
    About(
        title="Funnel over time",
        meaning="How many visits had got how far by then, since the Operators that ran at that "
        "time were started.",
        healthy="the lines rise side by side.",
        otherwise="a gap that widens is where visits are lost now. A line that falls back: an "
        "Operator has ended, and took what it had counted along.",
    ),
    [Query(step.split(" ", 1)[1], expr) for step, expr in STEPS.items()],
    width=24,
)

FUNNEL_BOARD = Board(
    uid="mephisto_funnel",
    title="Mephisto: a task's funnel",
    description="Of the workers who open a task, how many get how far, and where the rest is lost.",
    rows=(Row(title="Funnel", first_id=100, panels=(FUNNEL, LOST, COURSE)),),
)
