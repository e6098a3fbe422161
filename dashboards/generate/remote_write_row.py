"""What is sent to a store elsewhere, whichever store sends it: the built-in one or a Prometheus.

Each has names of its own for it, and metrics of it only where something is sent.
"""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from .panels import About, Row, count_panel, limit_line, line_panel
from .queries import WINDOW, Query
from .store_row import STORE

PROMETHEUS = 'job="prometheus"'
BEHIND_SECONDS = 60.0
"""From here on `mephisto metrics doctor` calls it a problem."""
NOTHING_SENT = "Nothing is sent to another store"
"""In place of data; how to have it otherwise is in the panels' words."""


def _builtin(metric: str) -> str:
    return f"mephisto_store_remote_write_{metric}{{{STORE}}}"


def _prometheus(metric: str) -> str:
    return f"prometheus_remote_storage_{metric}{{{PROMETHEUS}}}"


def _rate(counter: str) -> str:
    return f"rate({counter}[{WINDOW}])"


def _lost(builtin: str, prometheus: str) -> str:
    counted = f"{_rate(_builtin(builtin))} or {_rate(_prometheus(prometheus))}"
    return f"60 * sum({counted})"


def _acknowledged() -> str:
    """Give what receivers have taken: Prometheus counts a sample each time that it tries."""
    tried, again, failed = (
        _rate(_prometheus(f"samples_{what}total")) for what in ("", "retried_", "failed_")
    )
    # A request under way is counted as tried, and not yet as anything else.
    taken = f"clamp_min({tried} - {again} - {failed}, 0)"
    return f"60 * sum({_rate(_builtin('samples_sent_total'))} or {taken})"


def _behind() -> str:
    """Give the age of what waits, as it was when the store said so.

    A Prometheus has the moment of the newest sample that was taken, which is zero until there is
    one; it sends nothing of before its own start.
    """
    newest = _prometheus("queue_highest_sent_timestamp_seconds")
    started = f"process_start_time_seconds{{{PROMETHEUS}}}"
    nothing_yet = f"({newest} == 0) + ignoring (remote_name, url) group_left () {started}"
    since = f"timestamp({newest}) - ({newest} > 0 or {nothing_yet})"
    return f"max({_builtin('seconds_behind')} or {since})"


SENT = line_panel(
    About(
        title="Samples sent elsewhere",
        meaning="How many samples a minute the store elsewhere has taken, as it has confirmed. It "
        "is the one that `--remote-write` or `MEPHISTO_METRICS_REMOTE_WRITE` names.",
        healthy="as many as the store here keeps.",
        otherwise="zero: the store elsewhere can not be reached, or does not let this one in; the "
        "log of the store here says which. More than is kept here: what has waited is made up for.",
    ),
    [Query("samples", _acknowledged())],
    unit=units.CountsPerMinute,
    width=6,
)

BEHIND = limit_line(
    line_panel(
        About(
            title="How far behind elsewhere is",
            meaning="How old the oldest sample is that the store elsewhere has not taken yet.",
            healthy="no more than some seconds longer than the scrape interval.",
            otherwise="above the mark at a minute, and climbing: the store elsewhere is away, or "
            "too slow. Nothing is lost as long as there is room to wait; see beside.",
        ),
        [Query("behind", _behind())],
        unit=units.Seconds,
        width=6,
    ),
    BEHIND_SECONDS,
)

WAITING = count_panel(
    About(
        title="Waiting to be sent elsewhere",
        meaning="How much waits. The built-in store counts blocks, each with the samples of a "
        "scrape or of a rule, which wait on its disk. A Prometheus counts the samples that it has "
        "in memory; more of them wait in the log of its data.",
        healthy="close to zero, or up and down.",
        otherwise="it climbs: see How far behind elsewhere is. When the room on the disk is used "
        "up, by default 512 MB, the built-in store lets the oldest go; a Prometheus does after "
        "about two hours.",
    ),
    [Query("waiting", f"sum({_builtin('pending_rows')} or {_prometheus('samples_pending')})")],
    width=6,
)

LOST = line_panel(
    About(
        title="Never sent elsewhere",
        meaning="How many samples in a minute the store elsewhere has refused for good, and how "
        "many were let go without being sent. All are in the store here.",
        healthy="both at zero.",
        otherwise="`refused`: there is a limit that they exceed, or its clock is wrong; the log of "
        "the store here quotes it. `let go`: it was away for longer than there was room to wait; "
        "`MEPHISTO_METRICS_REMOTE_QUEUE_SIZE` makes more.",
    ),
    [
        Query("refused", _lost("samples_failed_total", "samples_failed_total")),
        Query("let go", _lost("samples_dropped_total", "samples_dropped_total")),
    ],
    unit=units.CountsPerMinute,
    width=6,
)

REMOTE_WRITE_ROW = Row(
    title="Sent to a store elsewhere",
    first_id=400,
    panels=tuple(panel.no_value(NOTHING_SENT) for panel in (SENT, BEHIND, WAITING, LOST)),
)
