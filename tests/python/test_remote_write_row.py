"""What the boards show of remote write, over either store: worked out by Prometheus's own tool."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Callable

from tests.e2e.board_queries import BOARDS, panel_queries

STEP_SECONDS = 10
AT_MINUTES = 10
ROW = "Sent to a store elsewhere"
SENT, BEHIND, WAITING, LOST = (
    "Samples sent elsewhere",
    "How far behind elsewhere is",
    "Waiting to be sent elsewhere",
    "Never sent elsewhere",
)
QUERIES: dict[str, list[str]] = {}
for query in panel_queries(60_000):
    QUERIES.setdefault(query.panel, []).append(query.expression)

Series = dict[str, str]
Values = dict[str, list[float]]


def builtin(**values: str) -> Series:
    """What a built-in store says of its remote write, every ten seconds."""
    at_rest = {
        "samples_sent_total": "0x60",
        "samples_failed_total": "0x60",
        "samples_dropped_total": "0x60",
        "pending_rows": "0x60",
        "seconds_behind": "0x60",
    }
    return {
        f'mephisto_store_remote_write_{name}{{job="mephisto-store",instance="b"}}': text
        for name, text in {**at_rest, **values}.items()
    }


def prometheus(**values: str) -> Series:
    """What a Prometheus that was started after a minute says of its own."""
    at_rest = {
        "samples_total": "0x60",
        "samples_retried_total": "0x60",
        "samples_failed_total": "0x60",
        "samples_dropped_total": "0x60",
        "samples_pending": "0x60",
        "queue_highest_sent_timestamp_seconds": "0x60",
    }
    queue = 'job="prometheus",instance="p",remote_name="1",url="http://elsewhere"'
    return STARTED | {
        f"prometheus_remote_storage_{name}{{{queue}}}": text
        for name, text in {**at_rest, **values}.items()
    }


STARTED = {'process_start_time_seconds{job="prometheus",instance="p"}': "60x60"}

CASES: list[tuple[Series, Values]] = [
    (
        builtin(samples_sent_total="0+100x60", pending_rows="2x60", seconds_behind="1x60"),
        {SENT: [600], BEHIND: [1], WAITING: [2], LOST: [0, 0]},
    ),
    (
        builtin(samples_failed_total="0+1x60", samples_dropped_total="0+2x60"),
        {SENT: [0], LOST: [6, 12]},
    ),
    (
        prometheus(
            samples_total="0+100x60",
            samples_pending="50x60",
            queue_highest_sent_timestamp_seconds="-4+10x60",
        ),
        {SENT: [600], BEHIND: [4], WAITING: [50], LOST: [0, 0]},
    ),
    (  # each try counts as sent
        prometheus(
            samples_total="0+100x60",
            samples_retried_total="0+100x60",
            queue_highest_sent_timestamp_seconds="120x60",
        ),
        {SENT: [0], BEHIND: [480]},
    ),
    (prometheus(samples_total="0+100x60", samples_retried_total="0+100x60"), {BEHIND: [540]}),
    (  # one under way is more than what became of the others
        prometheus(samples_total="0x60", samples_retried_total="0+100x60"),
        {SENT: [0]},
    ),
    (
        prometheus(
            samples_total="0+100x60",
            samples_failed_total="0+100x60",
            samples_dropped_total="0+1x60",
        ),
        {SENT: [0], LOST: [600, 6]},
    ),
    (  # as in a store elsewhere, which has the series of both
        builtin(samples_sent_total="0+100x60", seconds_behind="7x60")
        | prometheus(samples_total="0+10x60", queue_highest_sent_timestamp_seconds="0+10x60"),
        {SENT: [660], BEHIND: [7]},
    ),
    (STARTED, {SENT: [], BEHIND: [], WAITING: [], LOST: [], "Targets that answer": [0, 0]}),
]


def asked(panel: str, values: list[float]) -> list[dict[str, Any]]:
    """Expect of each query of a panel its value; of all nothing, if there are none."""
    expected = values or [None] * len(QUERIES[panel])
    return [
        {
            "expr": expression,
            "eval_time": f"{AT_MINUTES}m",
            "exp_samples": [] if value is None else [{"labels": "{}", "value": value}],
        }
        for expression, value in zip(QUERIES[panel], expected)
    ]


def test_the_row_says_the_same_over_either_store(
    needs_program: Callable[[str, str], str], tmp_path: Path
) -> None:
    tests = [
        {
            "interval": f"{STEP_SECONDS}s",
            "input_series": [{"series": name, "values": text} for name, text in series.items()],
            "promql_expr_test": [
                one for panel, values in expected.items() for one in asked(panel, values)
            ],
        }
        for series, expected in CASES
    ]
    path = tmp_path / "test.yml"
    path.write_text(json.dumps({"tests": tests}))
    command = [needs_program("promtool", "prometheus"), "test", "rules", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_each_panel_of_the_row_says_that_nothing_is_sent_where_it_has_no_data() -> None:
    (board,) = [one for one in BOARDS if one["uid"] == "mephisto_pipeline"]
    titles = [entry["title"] for entry in board["panels"]]
    row = board["panels"][titles.index(ROW) + 1 :]
    assert [panel["title"] for panel in row] == [SENT, BEHIND, WAITING, LOST]
    words = {panel["fieldConfig"]["defaults"]["noValue"] for panel in row}
    assert words == {"Nothing is sent to another store"}
