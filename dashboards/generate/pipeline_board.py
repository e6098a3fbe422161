"""The metrics pipeline: whether what the other boards show is all there is."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from .board import Board
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
    state_column,
    table_panel,
)
from .queries import Query, quantile_by, quoted, rate_per_minute, rate_per_second, series
from .remote_write_row import REMOTE_WRITE_ROW
from .store_row import STORE_ROW

OVERFLOW = "overflow"
"""What all labels of a series say that stands for those beyond its metric's limit."""


def _of_target(metric: str) -> str:
    return series(metric, 'job="mephisto"')


def _by_target(metric: str) -> str:
    return f"max by (operator, instance, task_name) ({_of_target(metric)})"


TARGETS = table_panel(
    About(
        title="Targets",
        meaning="The Operators that are scraped at the end of the range: whether they answered, "
        "how long it took, and how much they had to say.",
        healthy="all are `up`, and answer within a fraction of a second.",
        otherwise="`no answer`: the process hangs or is gone; its target goes by itself when it "
        "has ended. Thousands of samples: see Series added.",
    ),
    [
        Key("Operator", "operator"),
        Key("Address", "instance"),
        Key("Tasks", "task_name"),
        STATE,
    ],
    [
        state_column(_by_target("up")),
        Column(
            "Scrape duration (ms)",
            f"1000 * {_by_target('scrape_duration_seconds')}",
            colored_from(1000, BAD),
        ),
        Column("Samples", _by_target("scrape_samples_scraped")),
        Column("Series added", _by_target("scrape_series_added")),
    ],
    sorted_by="Operator",
    height=6,
)

ANSWERS = count_panel(
    About(
        title="Targets that answer",
        meaning="How many Operators are known to the store, and how many of them answered.",
        healthy="both lines are the same.",
        otherwise="where `answering` is lower, an Operator hangs, has been killed, or takes longer "
        "than the scrape's time limit.",
    ),
    [
        Query("known", f"count({_of_target('up')}) or vector(0)"),
        Query("answering", f"sum({_of_target('up')}) or vector(0)"),
    ],
    width=8,
)

DURATION = line_panel(
    About(
        title="Scrape duration",
        meaning="How long each Operator takes to hand over its metrics.",
        healthy="milliseconds.",
        otherwise="it grows with Samples per scrape: too many series. It grows alone: the machine "
        "is overloaded, or a collector of your own is slow.",
    ),
    [Query("{{operator}}", f"max by (operator) ({_of_target('scrape_duration_seconds')})")],
    unit=units.Seconds,
    width=8,
)

SAMPLES = count_panel(
    About(
        title="Samples per scrape",
        meaning="How many series each Operator has, which is what the store has to keep of each "
        "scrape.",
        healthy="about two thousand, and it levels off.",
        otherwise="it climbs without end: a metric of your own has a label with ever new values. "
        "Take them out, or bound them with `limit_series`.",
    ),
    [Query("{{operator}}", f"max by (operator) ({_of_target('scrape_samples_scraped')})")],
    width=8,
)

ADDED = count_panel(
    About(
        title="Series added",
        meaning="How many series each scrape had that the one before had not.",
        healthy="many at the start, few with each new worker, and zero otherwise.",
        otherwise="never zero: labels with ever new values, which make the store large and slow.",
    ),
    [Query("{{operator}}", f"max by (operator) ({_of_target('scrape_series_added')})")],
    width=8,
)


def _overflowing(metric: str, label: str) -> str:
    return f"count({series(metric, f'{label}={quoted(OVERFLOW)}')}) or vector(0)"


BEYOND = count_panel(
    About(
        title="Metrics beyond their limit",
        meaning="Which metrics have reached the limit of their series, after which new workers or "
        "types of packets are counted together, under the label value `overflow`.",
        healthy="all at zero.",
        otherwise="`workers`: more than ten thousand at once, of whom the rest counts as one. "
        "`packet types`: somebody sends packets of made-up types to your router.",
    ),
    [
        Query("workers", _overflowing("active_workers", "worker_id")),
        Query("packet types", _overflowing("e2e_packet_latency_count", "packet_type")),
    ],
    width=8,
)

UNMEASURED = line_panel(
    About(
        title="Packets without a latency",
        meaning="How many stages of packets could not be measured, in a minute, by why: they are "
        "missing in the latencies of the other boards.",
        healthy="zero.",
        otherwise="`clock_skew`: clocks disagree, see beside. `missing`, `not_a_number`, "
        "`out_of_range`: packets with bad timestamps, of a router or page that is not Mephisto's.",
    ),
    [
        Query("{{reason}}", rate_per_minute("reason", "e2e_packet_unmeasured_total")),
        Query("all", f"60 * sum({rate_per_second('e2e_packet_unmeasured_total')}) or vector(0)"),
    ],
    unit=units.CountsPerMinute,
    width=8,
)

SKEW = line_panel(
    About(
        title="Clock skew",
        meaning="By how much clocks disagree at least, for the stages whose timestamps run "
        "backwards: the largest in a hundred.",
        healthy="nothing is shown: no timestamp runs backwards.",
        otherwise="`client_to_router`: workers' clocks are wrong, which can not be helped. Other "
        "stages: set the clocks of your machines by NTP.",
    ),
    [Query("{{stage}}", quantile_by("stage", 0.99, "e2e_packet_clock_skew_seconds"))],
    unit=units.Seconds,
    width=12,
)

OBSERVED = line_panel(
    About(
        title="Observations",
        meaning="How many observations all histograms of Mephisto take in a second: the work that "
        "the metrics themselves make.",
        healthy="it follows the number of requests.",
        otherwise="it does not by itself call for anything; at hundreds of thousands in a second, "
        "metrics would begin to cost.",
    ),
    [
        Query("database calls", f"sum({rate_per_second('database_latency_seconds_count')})"),
        Query("stages of packets", f"sum({rate_per_second('e2e_packet_latency_count')})"),
        Query("functions", f"sum({rate_per_second('external_function_latency_count')})"),
    ],
    unit=units.EventsPerSecond,
    width=12,
)

PIPELINE_BOARD = Board(
    uid="mephisto_pipeline",
    title="Mephisto: metrics pipeline",
    description="Whether the metrics reach the store, and whether some are left out on the way.",
    rows=(
        Row(
            title="Scrapes",
            first_id=100,
            panels=(TARGETS, ANSWERS, DURATION, SAMPLES, ADDED, BEYOND, UNMEASURED),
        ),
        Row(title="Observations", first_id=200, panels=(SKEW, OBSERVED)),
        STORE_ROW,
        REMOTE_WRITE_ROW,
    ),
)
