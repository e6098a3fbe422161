"""The alerts: the rules of thumb of Mephisto's guide, and what else loses a run's work.

None fires on a run that is idle, has ended, or has only begun: an absent series is no alert, and
shares and quantiles of a few requests are left alone.
"""

from __future__ import annotations

from ..general_health import AGENT_COMPLETE, AGENT_INCOMPLETE, P99_LIMIT_SECONDS
from ..queries import one_of
from .model import OPERATOR_AND_TASK, Alert, Measured, Severity
from .recordings import DATABASE, E2E

PING_LIMIT_SECONDS = 2.5
"""A ping carries next to nothing, so it has less time than a request."""
DATABASE_LIMIT_SECONDS = 0.5
"""Calls of a healthy local database take milliseconds."""
FEWEST_ERRORS = 3
"""One browser's extension should wake nobody."""
FEWEST_INCOMPLETE = 5
FEWEST_RESPONSES = 20
AGENTS_AT_WORK = ("in task", "waiting")
"""Not `accepted`: of those who never began, there are some at the end of most runs."""

WHERE = "{{ $labels.operator }} (task {{ $labels.task_name }})"


def _sum(expr: str) -> str:
    return f"sum by ({', '.join(OPERATOR_AND_TASK)}) ({expr})"


def _increase(counter: str, window: str, matcher: str = "") -> str:
    selector = f"{counter}{{{matcher}}}" if matcher else counter
    return _sum(f"increase({selector}[{window}])")


def _packets(packet_type: str, window: str) -> str:
    counter = "client_io_handler_latency_seconds_count"
    return _increase(counter, window, f'packet_type="{packet_type}"')


def _new_agents(statuses: tuple[str, ...], window: str) -> str:
    selector = f'active_agent_statuses{{agent_type="main", {one_of("status", statuses)}}}'
    return _sum(f"delta({selector}[{window}])")


def _share(part: str, whole: str, *, enough: str) -> Measured:
    """Measure how much of the whole a part is, where there is enough to judge by."""
    return Measured(f"{part}\n/ {whole}\nand {enough}")


def _slow(measured: Measured, limit_seconds: float, **words: str) -> Alert:
    """Fire where the slowest one in a hundred has taken too long for ten minutes."""
    return Alert(
        measured=measured,
        limit=limit_seconds,
        hold_minutes=10,
        severity=Severity.WARNING,
        **words,
    )


SLOW_PACKETS = _slow(
    E2E.where('packet_type!="return_statuses"'),
    P99_LIMIT_SECONDS,
    name="MephistoSlowPackets",
    summary="{{ $labels.packet_type }} takes {{ $value | humanizeDuration }} (P99)",
    meaning="The slowest one in a hundred {{ $labels.packet_type }} packets of Operator "
    f"{WHERE} has taken more than {P99_LIMIT_SECONDS} seconds from the worker's browser and back, "
    "for ten minutes. Workers see a page that does not answer, and may give up.",
    remedy="See under Network Health which stage is slow. Where it is Mephisto itself, lower "
    "max_num_concurrent_units or give it a faster machine; where it is the way to the router, look "
    "at the router's host.",
    panel="P99 E2E processing by packet type",
)

SLOW_PINGS = _slow(
    E2E.where('packet_type="return_statuses"'),
    PING_LIMIT_SECONDS,
    name="MephistoSlowAgentStatusPings",
    summary="agent status pings take {{ $value | humanizeDuration }} (P99)",
    meaning="Operator " + WHERE + f" has waited more than {PING_LIMIT_SECONDS} seconds for the "
    "router's answer to its pings, for ten minutes. It does not know in time which workers are "
    "still connected, so partners of those who left wait in vain.",
    remedy="Look at the router: its host's load, and the network between it and this machine.",
    panel="Mephisto agent status ping round trip",
)

ERRORS_LOGGED = Alert(
    name="MephistoErrorsLogged",
    measured=Measured(f"round({_packets('log_error', '10m')})"),
    limit=FEWEST_ERRORS - 1,
    hold_minutes=1,
    severity=Severity.WARNING,
    summary="{{ $value }} errors in the task's page in 10 minutes",
    meaning="Workers' browsers have reported {{ $value }} errors to Operator "
    f"{WHERE} within ten minutes. The task's page most likely fails for some of them.",
    remedy="Mephisto's log quotes each error (log_error). Stop the run if workers can not submit.",
    panel="Incoming requests per minute",
)

NOBODY_REGISTERS = Alert(
    name="MephistoNobodyRegisters",
    measured=Measured(
        _sum('active_unit_statuses{status="launched"}')
        + f"\nunless on ({', '.join(OPERATOR_AND_TASK)})\n"
        + f"{_packets('register_agent', '10m')} > 0"
    ),
    limit=0,
    hold_minutes=10,
    severity=Severity.WARNING,
    summary="{{ $value }} units are available and nobody opens the task",
    meaning="Operator " + WHERE + " has {{ $value }} launched units, and no register_agent has "
    "come for twenty minutes, or for ten since the launch.",
    remedy="Open the task's address as a worker would. If it works, the task is not found, pays "
    "too little, or its qualifications shut out those who look; if not, the router is not reached.",
    panel="Incoming requests per minute",
)

SLOW_DATABASE = _slow(
    DATABASE.where("").highest(),
    DATABASE_LIMIT_SECONDS,
    name="MephistoSlowDatabase",
    summary="the slowest database method takes {{ $value | humanizeDuration }} (P99)",
    meaning="Of at least one method of the database of Operator " + WHERE + ", the slowest one "
    f"in a hundred calls has taken more than {DATABASE_LIMIT_SECONDS} seconds, for ten minutes. "
    "Everything that Mephisto does waits for its database.",
    remedy="The panel shows which methods. Move the database to a local disk if it is on a network "
    "file system, and see whether the disk is full or busy with something else.",
    panel="P99 database response time by method",
)

OPERATOR_DOWN = Alert(
    name="MephistoOperatorDown",
    measured=Measured('min by (operator, task_name, instance) (up{job="mephisto"})'),
    limit=1,
    is_below=True,
    hold_minutes=2,
    severity=Severity.CRITICAL,
    summary="the Operator at {{ $labels.instance }} does not answer",
    meaning="Operator " + WHERE + " runs, but its metrics at {{ $labels.instance }} could not be "
    "read for two minutes. It may hang, and then answers no worker either.",
    remedy="Look at its log and whether its process uses all of a CPU. `mephisto metrics status` "
    "tells its PID.",
    panel="Incoming requests per minute",
)

OPERATOR_VANISHED = Alert(
    name="MephistoOperatorVanished",
    measured=Measured(
        _sum(
            'last_over_time(active_agent_statuses{agent_type="main", '
            + f"{one_of('status', AGENTS_AT_WORK)}}}[15m])"
        )
        + '\nunless on (operator)\nup{job="mephisto"}'
    ),
    limit=0,
    hold_minutes=1,
    severity=Severity.CRITICAL,
    summary="an Operator ended while {{ $value }} workers were in a task",
    meaning="Operator " + WHERE + " is gone, and at its last scrape {{ $value }} agents were in "
    "a task. If it crashed, their work is lost and they wait for an answer.",
    remedy="Look at the end of its log, and start the task run again. The alert ends by itself "
    "after fifteen minutes.",
    panel="Live task agent status",
)

_INCOMPLETE = _new_agents(AGENT_INCOMPLETE, "30m")

AGENTS_INCOMPLETE = Alert(
    name="MephistoAgentsIncomplete",
    measured=_share(
        _INCOMPLETE,
        _new_agents(AGENT_INCOMPLETE + AGENT_COMPLETE, "30m"),
        enough=f"{_INCOMPLETE} >= {FEWEST_INCOMPLETE}",
    ),
    limit=0.5,
    hold_minutes=5,
    severity=Severity.WARNING,
    summary="{{ $value | humanizePercentage }} of the workers leave or run out of time",
    meaning="Of the agents of Operator " + WHERE + " that ended within half an hour, "
    "{{ $value | humanizePercentage }} disconnected, timed out, expired or were returned.",
    remedy="Look for errors in the task's page, compare the time it takes with "
    "assignment_duration_in_seconds, and see whether partners wait for each other too long.",
    panel="Live task agent status",
)

_RESPONSES = "agent_details_responses_total"
_ALL_RESPONSES = _increase(_RESPONSES, "30m")

NOT_QUALIFIED = Alert(
    name="MephistoWorkersNotQualified",
    measured=_share(
        _increase(_RESPONSES, "30m", 'response="not_qualified"'),
        _ALL_RESPONSES,
        enough=f"{_ALL_RESPONSES} >= {FEWEST_RESPONSES}",
    ),
    limit=0.8,
    hold_minutes=10,
    severity=Severity.INFO,
    summary="{{ $value | humanizePercentage }} of the workers who come are not qualified",
    meaning="Operator " + WHERE + " turned away {{ $value | humanizePercentage }} of those who "
    "came within half an hour, because they lack a qualification.",
    remedy="Fine if few are meant to pass. Otherwise look at the task's qualifications, and at who "
    "is blocked or has failed the onboarding or the screening.",
    panel="Connecting Agent Responses",
)

ALERTS = (
    OPERATOR_DOWN,
    OPERATOR_VANISHED,
    SLOW_PACKETS,
    SLOW_PINGS,
    SLOW_DATABASE,
    ERRORS_LOGGED,
    NOBODY_REGISTERS,
    AGENTS_INCOMPLETE,
    NOT_QUALIFIED,
)
