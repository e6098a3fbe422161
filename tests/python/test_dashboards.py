"""What must hold for the committed board, whatever wrote it.

That it is what its generator writes is for `python -m dashboards.generate --check`, which needs
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
BOARD: dict[str, Any] = json.loads((DASHBOARDS / "mephisto.json").read_text(encoding="utf-8"))
ENTRIES = [inner for entry in BOARD["panels"] for inner in (entry, *entry.get("panels", []))]
PANELS = {entry["title"]: entry for entry in ENTRIES if entry["type"] != "row"}
TARGETS = [
    pytest.param(target, id=f"{title}/{target['refId']}")
    for title, panel in PANELS.items()
    for target in panel["targets"]
]
GRID_COLUMNS = 24

# Mephisto's families by the names of their series, and Prometheus's own.
SERIES = {
    "up",
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
GROUPING = re.compile(r"\b(?:by|without|on|ignoring) \([^)]*\)")
FUNCTIONS = {"count", "histogram_quantile", "increase", "or", "rate", "sum", "vector"}


def titles_of_row(title: str) -> list[str]:
    start = next(i for i, entry in enumerate(ENTRIES) if entry["title"] == title) + 1
    end = next((i for i in range(start, len(ENTRIES)) if ENTRIES[i]["type"] == "row"), None)
    return [entry["title"] for entry in ENTRIES[start:end]]


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


def test_general_health_has_the_seven_panels_of_mephistos_guide() -> None:
    assert titles_of_row("General Health") == [
        "P99 E2E processing by packet type",
        "Estimated Active Worker Count",
        "Live task agent status",
        "Incoming requests per minute",
        "Connecting Agent Responses",
        "Live unit status",
        "Launched unit counts",
    ]


def test_ids_are_unique() -> None:
    ids = [entry["id"] for entry in ENTRIES]
    assert len(ids) == len(set(ids))


def test_panels_lie_within_the_grid_and_do_not_overlap() -> None:
    places = [entry["gridPos"] for entry in BOARD["panels"]]
    assert all(place["x"] + place["w"] <= GRID_COLUMNS for place in places)
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]


@pytest.mark.parametrize("title", PANELS)
def test_a_panel_says_what_it_means_and_in_which_unit(title: str) -> None:
    panel = PANELS[title]
    assert "**Healthy:**" in panel["description"]
    assert "**If not:**" in panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("title", PANELS)
def test_the_readme_has_each_panel_with_its_meaning_and_queries(title: str) -> None:
    readme = (DASHBOARDS / "README.md").read_text(encoding="utf-8")
    panel = PANELS[title]
    texts = [title, panel["description"], *(target["expr"] for target in panel["targets"])]
    assert [text for text in texts if text not in readme] == []


@pytest.mark.parametrize("title", PANELS)
def test_ref_ids_are_unique_within_a_panel(title: str) -> None:
    ref_ids = [target["refId"] for target in PANELS[title]["targets"]]
    assert len(ref_ids) == len(set(ref_ids))


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_has_query_legend_and_the_chosen_data_source(target: dict[str, Any]) -> None:
    assert target["expr"]
    assert target["legendFormat"]
    assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("target", TARGETS)
def test_a_query_names_only_series_that_are_known(target: dict[str, Any]) -> None:
    selectors = SELECTOR.findall(target["expr"])
    assert selectors
    assert {name for name, _ in selectors} <= SERIES
    rest = SELECTOR.sub("", GROUPING.sub("", target["expr"])).replace("$__rate_interval", "")
    assert set(re.findall(r"[A-Za-z_]\w*", rest)) <= FUNCTIONS


@pytest.mark.parametrize("target", TARGETS)
def test_a_query_is_limited_to_the_chosen_operators_and_tasks(target: dict[str, Any]) -> None:
    for _, matchers in SELECTOR.findall(target["expr"]):
        assert 'operator=~"$operator", task_name=~"$task"' in matchers


@pytest.mark.parametrize("target", TARGETS)
def test_a_window_follows_the_scrape_interval(target: dict[str, Any]) -> None:
    assert set(re.findall(r"\[([^\]]*)\]", target["expr"])) <= {"$__rate_interval"}


@pytest.mark.parametrize(
    ("title", "statuses"),
    [("Live task agent status", AGENT_STATUSES), ("Live unit status", UNIT_STATUSES)],
)
def test_every_status_is_counted_once(title: str, statuses: set[str]) -> None:
    counted = [status for group in statuses_by_target(PANELS[title], statuses) for status in group]
    assert sorted(counted) == sorted(statuses)


def test_an_agent_whose_partner_left_is_incomplete() -> None:
    panel = PANELS["Live task agent status"]
    by_target = statuses_by_target(panel, AGENT_STATUSES)
    legends = [target["legendFormat"] for target in panel["targets"]]
    assert "partner disconnect" in by_target[legends.index("all incomplete")]


@pytest.mark.parametrize("name", ["operator", "task"])
def test_all_takes_in_series_without_the_label(name: str) -> None:
    [variable] = [each for each in BOARD["templating"]["list"] if each["name"] == name]
    assert variable["includeAll"]
    assert variable["multi"]
    assert variable["allValue"] == ".*"
    assert variable["current"]["value"] == ["$__all"]
