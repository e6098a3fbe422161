"""What must hold for the committed rules: Prometheus's own tools judge them.

That the files are what their generator writes is for `python -m dashboards.generate --check`.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
RULES = DASHBOARDS / "rules" / "mephisto.yml"
GRAFANA: dict[str, Any] = json.loads((DASHBOARDS / "alerts" / "mephisto.json").read_text())
GRAFANA_RULES = {rule["title"]: rule for rule in GRAFANA["groups"][0]["rules"]}
BOARD: dict[str, Any] = json.loads((DASHBOARDS / "mephisto.json").read_text(encoding="utf-8"))
ENTRIES = [inner for entry in BOARD["panels"] for inner in (entry, *entry.get("panels", []))]
PANEL_TITLES = {entry["id"]: entry["title"] for entry in ENTRIES if entry["type"] != "row"}
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text())
STEP_SECONDS = 30

Series = dict[str, str]


def of_operator(metric: str, **labels: str) -> str:
    """A series of the one Operator whose run the cases are about."""
    everything = {"operator": "a", "task_name": "t", **labels}
    return metric + "{" + ",".join(f'{name}="{value}"' for name, value in everything.items()) + "}"


def packets(packet_type: str) -> str:
    return of_operator("client_io_handler_latency_seconds_count", packet_type=packet_type)


def agents(status: str) -> str:
    return of_operator("active_agent_statuses", agent_type="main", status=status)


def responses(response: str) -> str:
    return of_operator("agent_details_responses_total", response=response)


def buckets(metric: str, bounds: dict[str, str], **labels: str) -> Series:
    """The buckets of a histogram that got nothing above the last of the bounds."""
    highest = list(bounds.values())[-1]
    counts = {**bounds, "+Inf": highest}
    return {
        of_operator(f"{metric}_bucket", le=bound, **labels): values
        for bound, values in counts.items()
    }


def end_to_end(packet_type: str, bounds: dict[str, str]) -> Series:
    return buckets("e2e_packet_latency", bounds, stage="e2e_time", packet_type=packet_type)


UP = of_operator("up", job="mephisto", instance="127.0.0.1:3031")
LAUNCHED = of_operator("active_unit_statuses", unit_type="standard", status="launched")


class Case(NamedTuple):
    """What was scraped every half minute, and what fires after so many minutes."""

    name: str
    series: Series
    after_minutes: int
    fires: str | None = None


FIRING = [
    Case("does not answer", {UP: "1x10 0x20"}, 10, "MephistoOperatorDown"),
    Case(
        "ends with workers in a task",
        {UP: "1x10 stale", agents("in task"): "4x10 stale"},
        8,
        "MephistoOperatorVanished",
    ),
    Case(
        "slow requests for long",
        end_to_end("register_agent", {"5": "0x60", "10": "0+10x60"}),
        20,
        "MephistoSlowPackets",
    ),
    Case(
        "slow pings for long",
        end_to_end("return_statuses", {"2.5": "0x60", "5": "0+10x60"}),
        20,
        "MephistoSlowAgentStatusPings",
    ),
    Case(
        "slow database for long",
        buckets("database_latency_seconds", {"0.5": "0x60", "1": "0+5x60"}, method="get_unit"),
        20,
        "MephistoSlowDatabase",
    ),
    Case("several errors", {packets("log_error"): "0x10 1 2 3 4x30"}, 9, "MephistoErrorsLogged"),
    Case(
        "units but no workers",
        {LAUNCHED: "5x60", packets("register_agent"): "0x60"},
        12,
        "MephistoNobodyRegisters",
    ),
    Case(
        "workers have stopped to come",
        {LAUNCHED: "5x120", packets("register_agent"): "0+1x20 20x100"},
        32,
        "MephistoNobodyRegisters",
    ),
    Case(
        "most agents disconnect",
        {agents("disconnect"): "0+1x40", agents("completed"): "0x40"},
        15,
        "MephistoAgentsIncomplete",
    ),
    Case(
        "nearly nobody qualifies",
        {responses("not_qualified"): "0+1x80", responses("assigned"): "0+0x80"},
        30,
        "MephistoWorkersNotQualified",
    ),
]

QUIET = [
    Case("a missed scrape or two", {UP: "1x10 0x2 1x20"}, 7),
    Case("ends in order", {UP: "1x10 stale", agents("in task"): "4x8 0x2 stale"}, 8),
    Case("ended long ago", {UP: "1x10 stale", agents("in task"): "4x10 stale"}, 25),
    Case(
        "has got a task, so its series have other labels",
        {
            agents("in task").replace('"t"', '""'): "4x10 stale",
            agents("in task"): "_x10 4x10",
            UP: "_x10 1x10",
        },
        9,
    ),
    *(
        Case(
            f"slow requests once, {minutes} minutes ago",
            end_to_end("submit_unit", {"5": "0+10x60", "10": "0+10x10 120+10x50"}),
            5 + minutes,
        )
        for minutes in (1, 4, 8)
    ),
    Case("nothing comes any more", end_to_end("alive", {"5": "0x60", "10": "0+10x9 90x50"}), 25),
    Case("fast requests", end_to_end("alive", {"1": "0+10x60", "5": "0+10x60"}), 20),
    Case("fast pings", end_to_end("return_statuses", {"1": "0+9x60", "2.5": "0+9x60"}), 20),
    Case(
        "fast database",
        buckets("database_latency_seconds", {"0.25": "0+5x60", "0.5": "0+5x60"}, method="x"),
        20,
    ),
    Case("one or two errors", {packets("log_error"): "0x10 1 2x40"}, 9),
    Case("errors long ago", {packets("log_error"): "0x10 9x60"}, 30),
    Case("workers come", {LAUNCHED: "5x60", packets("register_agent"): "0+1x60"}, 25),
    Case("no units", {LAUNCHED: "0x60", packets("register_agent"): "0x60"}, 25),
    Case("just launched", {LAUNCHED: "0x20 5x10", packets("register_agent"): "0x30"}, 15),
    Case(
        "more complete than not",
        {agents("disconnect"): "0+1x40", agents("completed"): "0+2x40"},
        15,
    ),
    Case("few agents", {agents("timeout"): "0x5 1 2 3x60", agents("completed"): "0x65"}, 15),
    Case(
        "half of the workers qualify",
        {responses("not_qualified"): "0+1x80", responses("assigned"): "0+1x80"},
        30,
    ),
    Case(
        "few workers come",
        {responses("not_qualified"): "0x5 1 2 3x80", responses("assigned"): "0x85"},
        30,
    ),
]


@pytest.fixture(scope="session")
def promtool(needs_program: Callable[[str, str], str]) -> str:
    return needs_program("promtool", "prometheus")


def test_prometheus_accepts_the_rules(promtool: str) -> None:
    command = [promtool, "check", "rules", "--lint=all", "--lint-fatal", str(RULES)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("case", [*FIRING, *QUIET], ids=lambda case: case.name)
def test_an_alert_fires_when_it_should_and_no_other_does(
    promtool: str, tmp_path: Path, case: Case
) -> None:
    expected = [{"labels": f'{{alertname="{case.fires}"}}', "value": 1}] if case.fires else []
    firing = {
        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
        "eval_time": f"{case.after_minutes}m",
        "exp_samples": expected,
    }
    inputs = [{"series": name, "values": values} for name, values in case.series.items()]
    test = {
        "interval": f"{STEP_SECONDS}s",
        "input_series": inputs,
        "promql_expr_test": [firing],
    }
    path = tmp_path / "test.yml"
    path.write_text(json.dumps({"rule_files": [str(RULES)], "tests": [test]}))
    ran = subprocess.run(
        [promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_each_alert_has_a_case_in_which_it_fires() -> None:
    assert ALERTS
    assert {case.fires for case in FIRING} == set(ALERTS)


def test_grafana_has_the_same_alerts() -> None:
    assert GRAFANA["apiVersion"] == 1
    assert list(GRAFANA_RULES) == ALERTS
    uids = [rule["uid"] for rule in GRAFANA_RULES.values()]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[a-z-]{1,40}", uid) for uid in uids)


@pytest.mark.parametrize("name", ALERTS)
def test_a_grafana_alert_asks_reduces_and_compares(name: str) -> None:
    rule = GRAFANA_RULES[name]
    query, reduced, compared = rule["data"]
    assert [part["refId"] for part in rule["data"]] == ["A", "B", "C"]
    assert rule["condition"] == "C"
    assert query["datasourceUid"] == query["model"]["datasource"]["uid"] == "prometheus"
    # It must not need the recording rules of a Prometheus that has none.
    assert "p99_rate5m" not in query["model"]["expr"]
    assert [reduced["datasourceUid"], compared["datasourceUid"]] == ["__expr__", "__expr__"]
    assert (reduced["model"]["type"], reduced["model"]["expression"]) == ("reduce", "A")
    assert (compared["model"]["type"], compared["model"]["expression"]) == ("threshold", "B")
    [condition] = compared["model"]["conditions"]
    assert condition["evaluator"]["type"] in {"gt", "lt"}
    assert (rule["noDataState"], rule["execErrState"]) == ("OK", "Error")
    assert re.fullmatch(r"\d+m", rule["for"])


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_it_means_and_where_to_look(name: str) -> None:
    rule = GRAFANA_RULES[name]
    annotations = rule["annotations"]
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert annotations["summary"]
    assert "$labels.operator" in annotations["description"]
    # `$value` is a text about all values there.
    assert "$value " not in annotations["summary"] + annotations["description"]
    assert annotations["dashboard"] == rule["dashboardUid"] == BOARD["uid"]
    assert PANEL_TITLES[rule["panelId"]] == annotations["panel"]


@pytest.mark.parametrize("name", ALERTS)
def test_the_guide_explains_each_alert(name: str) -> None:
    assert f"`{name}`" in (DASHBOARDS.parent / "docs" / "alerts.md").read_text()
