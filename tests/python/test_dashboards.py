"""What must hold for the committed boards, whatever wrote them.

That each is what its generator writes is for `python -m dashboards.generate --check`, which needs
Python 3.11 and is part of `make lint`; here nothing beyond the standard library is needed.
"""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
BOARDS: dict[str, dict[str, Any]] = {
    path.name: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(DASHBOARDS.glob("*.json"))
}
DEFAULT = "mephisto.json"


def entries(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Give rows and panels as they follow on one another, those of collapsed rows too."""
    return [inner for entry in board["panels"] for inner in (entry, *entry.get("panels", []))]


PANELS = {
    (name, entry["title"]): entry
    for name, board in BOARDS.items()
    for entry in entries(board)
    if entry["type"] != "row"
}
EACH_PANEL = [pytest.param(panel, id="/".join(place)) for place, panel in PANELS.items()]
TARGETS = [
    pytest.param(target, id="/".join((*place, target["refId"])))
    for place, panel in PANELS.items()
    for target in panel["targets"]
]
ANNOTATIONS = BOARDS[DEFAULT]["annotations"]["list"]
EXPRESSIONS = [
    *(pytest.param(target.values[0]["expr"], id=target.id) for target in TARGETS),
    *(pytest.param(mark["expr"], id=mark["name"]) for mark in ANNOTATIONS),
]
EACH_BOARD = [pytest.param(board, id=name) for name, board in BOARDS.items()]
GRID_COLUMNS = 24

# Mephisto's families by the names of their series, ours, those of Prometheus and of the built-in
# store about each scrape, and those that either has of itself.
SERIES = {
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_series_added",
    "operator_start_time_seconds",
    "task_run_launch_time_seconds",
    "task_run_expiry_time_seconds",
    "e2e_packet_unmeasured_total",
    "mephisto_store_bytes",
    "mephisto_store_remote_write_pending_rows",
    "mephisto_store_remote_write_samples_dropped_total",
    "mephisto_store_remote_write_samples_failed_total",
    "mephisto_store_remote_write_samples_sent_total",
    "mephisto_store_remote_write_seconds_behind",
    "mephisto_store_rule_evaluation_failures_total",
    "mephisto_store_rule_group_evaluations_missed_total",
    "mephisto_store_samples_total",
    "mephisto_store_scrapes_refused_total",
    "mephisto_store_series",
    "process_start_time_seconds",
    "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
    "prometheus_remote_storage_samples_dropped_total",
    "prometheus_remote_storage_samples_failed_total",
    "prometheus_remote_storage_samples_pending",
    "prometheus_remote_storage_samples_retried_total",
    "prometheus_remote_storage_samples_total",
    "active_agent_statuses",
    "active_unit_statuses",
    "active_workers",
    "agent_details_responses_total",
    "task_runner_thread_count",
    "worker_pool_active_onboardings",
    "worker_pool_onboarding_outcomes_total",
} | {
    f"{histogram}_{part}"
    for histogram in (
        "client_io_handler_latency_seconds",
        "database_latency_seconds",
        "e2e_packet_clock_skew_seconds",
        "e2e_packet_latency",
        "external_function_latency",
        "task_runner_thread_duration",
    )
    for part in ("bucket", "count", "sum")
}

# `AgentState.valid()` and `AssignmentState.valid_unit()` of Mephisto 1.1.1.
AGENT_STATUSES = {
    "none", "accepted", "onboarding", "waiting", "in task", "completed", "disconnect", "timeout",
    "partner disconnect", "expired", "returned", "soft_rejected", "approved", "rejected",
}  # fmt: skip
UNIT_STATUSES = {
    "created", "launched", "assigned", "completed", "accepted", "rejected", "soft_rejected",
    "expired",
}  # fmt: skip
SELECTOR = re.compile(r"(\w+)\{([^}]*)\}")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left) \([^)]*\)")
TEXT = re.compile(r'"[^"]*"')
WINDOW = re.compile(r"\[([^\]]*)\]")
WORDS = {
    *("and", "clamp_min", "count", "histogram_quantile", "increase", "label_replace", "max"),
    *("max_over_time", "min", "or", "rate", "sum", "time", "timestamp", "unless", "vector"),
    "__rate_interval_ms",
}
ROWS = {
    "General Health": 7,
    "Operator Health": 7,
    "Network Health": 13,
    "Onboarding Metrics": 4,
    "Other Validation Metrics": 3,
}


def titles_by_row(board: dict[str, Any]) -> dict[str, list[str]]:
    titles: dict[str, list[str]] = {}
    for entry in entries(board):
        if entry["type"] == "row":
            row = titles.setdefault(entry["title"], [])
        else:
            row.append(entry["title"])
    return titles


def statuses_by_target(panel: dict[str, Any], statuses: set[str]) -> list[set[str]]:
    """Give for each target of a panel the statuses that its matcher lets through."""
    chosen = []
    for target in panel["targets"]:
        [(operator, pattern)] = re.findall(r'\bstatus(=~|!~)"([^"]*)"', target["expr"])
        fits = {status for status in statuses if re.fullmatch(pattern, status)}
        chosen.append(fits if operator == "=~" else statuses - fits)
    return chosen


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or above)


def test_the_default_board_has_the_34_panels_of_mephistos_guide_in_five_rows() -> None:
    titles = titles_by_row(BOARDS[DEFAULT])
    assert {row: len(panels) for row, panels in titles.items()} == ROWS
    assert titles["General Health"] == [
        "P99 E2E processing by packet type",
        "Estimated Active Worker Count",
        "Live task agent status",
        "Incoming requests per minute",
        "Connecting Agent Responses",
        "Live unit status",
        "Launched unit counts",
    ]


def test_the_lower_three_rows_of_the_default_board_are_folded() -> None:
    rows = [entry for entry in BOARDS[DEFAULT]["panels"] if entry["type"] == "row"]
    assert [row["collapsed"] for row in rows] == [False, False, True, True, True]


def test_the_default_board_comes_first_in_a_list_by_file_name() -> None:
    assert next(iter(BOARDS)) == DEFAULT


@pytest.mark.parametrize("board", EACH_BOARD)
def test_a_board_is_found_by_its_files_name_and_leads_to_the_others(board: dict[str, Any]) -> None:
    assert BOARDS[f"{board['uid']}.json"] is board
    assert board["description"]
    (link,) = board["links"]
    assert set(link["tags"]) <= set(board["tags"])
    assert link["includeVars"]
    assert link["keepTime"]


@pytest.mark.parametrize("board", EACH_BOARD)
def test_ids_are_unique(board: dict[str, Any]) -> None:
    ids = [entry["id"] for entry in entries(board)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("board", EACH_BOARD)
def test_panels_lie_within_the_grid_and_do_not_overlap(board: dict[str, Any]) -> None:
    places = [entry["gridPos"] for entry in entries(board)]
    assert all(place["x"] + place["w"] <= GRID_COLUMNS for place in places)
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]


@pytest.mark.parametrize("panel", EACH_PANEL)
def test_a_panel_says_what_it_means_and_in_which_unit(panel: dict[str, Any]) -> None:
    assert "**Healthy:**" in panel["description"]
    assert "**If not:**" in panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("panel", EACH_PANEL)
def test_the_readme_has_each_panel_with_its_meaning_and_queries(panel: dict[str, Any]) -> None:
    readme = (DASHBOARDS / "README.md").read_text(encoding="utf-8")
    texts = [panel["title"], panel["description"], *(each["expr"] for each in panel["targets"])]
    assert [text for text in texts if text not in readme] == []


@pytest.mark.parametrize("panel", EACH_PANEL)
def test_ref_ids_are_unique_within_a_panel(panel: dict[str, Any]) -> None:
    ref_ids = [target["refId"] for target in panel["targets"]]
    assert len(ref_ids) == len(set(ref_ids))


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_has_query_legend_and_the_chosen_data_source(target: dict[str, Any]) -> None:
    assert target["expr"]
    assert target["legendFormat"]
    assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_query_names_only_series_that_are_known(expression: str) -> None:
    selectors = SELECTOR.findall(expression)
    assert selectors
    assert {name for name, _ in selectors} <= SERIES
    rest = expression
    for known in (SELECTOR, GROUPING, TEXT, WINDOW):
        rest = known.sub("", rest)
    assert set(re.findall(r"[A-Za-z_]\w*", rest)) <= WORDS


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_query_is_limited_to_the_chosen_operators_and_tasks(expression: str) -> None:
    for name, matchers in SELECTOR.findall(expression):
        if name.startswith("mephisto_store_"):
            assert matchers == 'job="mephisto-store"'
        elif name.startswith(("prometheus_", "process_")):
            assert matchers == 'job="prometheus"'
        else:
            assert 'operator=~"$operator", task_name=~"$task"' in matchers


@pytest.mark.parametrize("target", TARGETS)
def test_a_window_follows_the_scrape_interval(target: dict[str, Any]) -> None:
    assert set(WINDOW.findall(target["expr"])) <= {"$__rate_interval"}


@pytest.mark.parametrize("target", TARGETS)
def test_a_quantile_is_of_what_came_in_a_window_and_never_of_all_since_the_start(
    target: dict[str, Any],
) -> None:
    buckets = re.findall(r"(\w+\()?\w+_bucket{[^}]*}(\[)?", target["expr"])
    assert all(function in ("rate(", "increase(") and window for function, window in buckets)


@pytest.mark.parametrize("panel", EACH_PANEL)
def test_columns_of_a_heatmap_are_as_wide_as_what_they_count(panel: dict[str, Any]) -> None:
    if panel["type"] == "heatmap":
        (target,) = panel["targets"]
        assert target["format"] == "heatmap"
        assert target["interval"] == "$__rate_interval"
        assert "increase(" in target["expr"]
        assert panel["options"]["yAxis"]["unit"] == "s"


@pytest.mark.parametrize("panel", EACH_PANEL)
def test_overrides_and_columns_of_a_table_are_there(panel: dict[str, Any]) -> None:
    if panel["type"] == "table":
        (organize,) = [one for one in panel["transformations"] if one["id"] == "organize"]
        titles = set(organize["options"]["renameByName"].values())
        overrides = panel["fieldConfig"]["overrides"]
        named = {name for one in overrides for name in one["matcher"]["options"]["names"]}
        sorted_by = {one["displayName"] for one in panel["options"]["sortBy"]}
        assert named | sorted_by <= titles
        assert all(target["instant"] for target in panel["targets"])


@pytest.mark.parametrize("board", EACH_BOARD)
def test_every_board_marks_the_same_moments_in_milliseconds(board: dict[str, Any]) -> None:
    marks = board["annotations"]["list"]
    assert marks == ANNOTATIONS
    assert [mark["name"] for mark in marks] == [
        "Operator starts",
        "Operator ends",
        "Task run launches",
        "Task run expiries",
    ]
    for mark in marks:
        assert mark["useValueForTime"]
        assert mark["expr"].startswith("1000 * ")
        assert mark["enable"]


@pytest.mark.parametrize(
    ("title", "statuses"),
    [
        ("Live task agent status", AGENT_STATUSES),
        ("Live unit status", UNIT_STATUSES),
        ("Live onboarding agent status", AGENT_STATUSES),
    ],
)
def test_every_status_is_counted_once(title: str, statuses: set[str]) -> None:
    groups = statuses_by_target(PANELS[DEFAULT, title], statuses)
    counted = [status for group in groups for status in group]
    assert sorted(counted) == sorted(statuses)


def statuses_by_legend(title: str) -> dict[str, set[str]]:
    panel = PANELS[DEFAULT, title]
    legends = [target["legendFormat"] for target in panel["targets"]]
    return dict(zip(legends, statuses_by_target(panel, AGENT_STATUSES)))


def test_an_agent_whose_partner_left_is_incomplete() -> None:
    assert "partner disconnect" in statuses_by_legend("Live task agent status")["all incomplete"]


def test_an_onboarding_that_waits_for_its_judgement_is_neither_success_nor_failure() -> None:
    groups = statuses_by_legend("Live onboarding agent status")
    assert "waiting" in groups["{{status}}"]
    assert groups["Success"] == {"approved"}
    assert groups["Failures"] == {"rejected", "soft_rejected"}


@pytest.mark.parametrize("name", ["operator", "task"])
@pytest.mark.parametrize("board", EACH_BOARD)
def test_all_takes_in_series_without_the_label(board: dict[str, Any], name: str) -> None:
    [variable] = [each for each in board["templating"]["list"] if each["name"] == name]
    assert variable["includeAll"]
    assert variable["multi"]
    assert variable["allValue"] == ".*"
    assert variable["current"]["value"] == ["$__all"]
