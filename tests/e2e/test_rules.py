"""The built-in store's rules beside those of a real Prometheus, for the same targets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Callable

import pytest
from benches.prometheus import real_prometheus
from tests.e2e.asking import TIMEOUT_SECONDS, Stores, data
from tests.e2e.conftest import query

from mephisto_metrics import CollectorRegistry, Gauge, start_http_server, stop_http_server
from mephisto_metrics.stack.readiness import wait_until

COMMITTED_RULES = Path(__file__).parents[2] / "dashboards" / "rules" / "mephisto.yml"

RULES = """
groups:
  - name: played
    interval: 1s
    rules:
      - record: operator:played_level:sum
        expr: sum by (operator) (played_level)
        labels: {team: ours, kind: ""}
      - record: played_level:high
        expr: played_level{kind="high"}
        labels: {kind: ""}
      - record: played_level:doubled
        expr: 2 * operator:played_level:sum
      - alert: High
        expr: played_level > 5
        for: 2s
        labels: {severity: critical, who: "the {{ $labels.operator }}"}
        annotations:
          summary: "{{ $labels.kind }}: {{ $value }}, {{ $value | humanize }}"
          description: >-
            {{ $value | humanizeDuration }} and {{ humanizePercentage $value }} {{ .Labels.absent }}
      - alert: HighForLong
        expr: sum(played_level) > 5
        for: 1h
      - alert: HighOnce
        expr: played_level > 5
        keep_firing_for: 1m
      - alert: Scalar
        expr: "0.001234"
        annotations: {summary: "{{ $value | humanizeDuration }}"}
      - alert: Never
        expr: played_level > 1e9
        annotations: {summary: never}
      - alert: Failing
        expr: played_level * on (operator) played_level
"""

PENDING_SINCE = 'ALERTS_FOR_STATE{alertname="HighForLong"}'

PROMETHEUS_CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
rule_files: ['{rules}', '{committed}']
scrape_configs:
  - job_name: mephisto
    file_sd_configs: [{{files: ['{targets}/*.json']}}]
"""


@pytest.fixture
def played(installation: Any) -> Iterator[Gauge]:
    """Levels that stand still, as those of an Operator."""
    registry = CollectorRegistry()
    levels = Gauge("played_level", "Levels.", ["kind"], registry=registry)
    for kind, level in {"low": 0.25, "high": 1234.5, "higher": 90061.5}.items():
        levels.labels(kind=kind).set(level)
    address = start_http_server(0, registry=registry)
    announce(installation.home / "targets", "{}:{}".format(*address))
    yield levels
    stop_http_server(address)


def announce(targets: Path, address: str) -> None:
    targets.mkdir(parents=True, exist_ok=True)
    labels = {"job": "mephisto", "operator": "played", "task_name": "one"}
    (targets / "played.json").write_text(json.dumps([{"targets": [address], "labels": labels}]))


@pytest.fixture
def rule_files(tmp_path: Path) -> tuple[Path, Path]:
    """The rules of these tests, and the committed ones, which are not waited for here."""
    own, committed = tmp_path / "own.yml", tmp_path / "committed.yml"
    own.write_text(RULES)
    hurried = COMMITTED_RULES.read_text().replace("interval: 30s", "interval: 1s")
    assert "interval: 1s" in hurried
    committed.write_text(hurried)
    return own, committed


def start_store(installation: Any, *rule_files: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mephisto_metrics.store", "--port", "0"]
    command += ["--scrape-interval-seconds", "1", "--linger-seconds", "600"]
    for path in rule_files:
        command += ["--rules", str(path)]
    store: subprocess.Popen[str] = installation.start(*command, is_read=False)
    return store


@pytest.fixture
def stores(
    installation: Any,
    rule_files: tuple[Path, Path],
    needs_program: Callable[[str, str], str],
    tmp_path: Path,
) -> Iterator[Stores]:
    """Give the addresses of the built-in store and of a Prometheus, with the same rules."""
    program = needs_program("prometheus", "prometheus")
    start_store(installation, *rule_files)
    own, committed = rule_files
    settings = PROMETHEUS_CONFIG.format(
        rules=own, committed=committed, targets=installation.home / "targets"
    )
    with real_prometheus(program, tmp_path / "prometheus", settings) as prometheus_url:
        yield installation.store_url(), prometheus_url


def alerts(url: str) -> list[Any]:
    """Every alert but for when it began, which is at a moment of each store's own."""
    found = data(url, "alerts")["alerts"]
    assert all(datetime.fromisoformat(alert["activeAt"][:19]) for alert in found)
    kept = [{name: alert[name] for name in alert if name != "activeAt"} for alert in found]
    return sorted(kept, key=lambda alert: json.dumps(alert, sort_keys=True))


def states(url: str) -> dict[str, str]:
    return {alert["labels"]["alertname"]: alert["state"] for alert in alerts(url)}


def values(url: str, expression: str) -> set[tuple[str, str]]:
    return {
        (json.dumps(series["metric"], sort_keys=True), series["value"][1])
        for series in query(url, expression)
    }


def settle(stores: Stores) -> None:
    """Wait until both stores have seen each alert come as far as it will."""
    settled = {"High": "firing", "HighForLong": "pending", "HighOnce": "firing", "Scalar": "firing"}
    for url in stores:
        assert wait_until(lambda url=url: states(url) == settled, TIMEOUT_SECONDS), states(url)
        assert wait_until(
            lambda url=url: bool(query(url, 'ALERTS{alertname="High", alertstate="firing"}')),
            TIMEOUT_SECONDS,
        )


@pytest.mark.usefixtures("played")
def test_alerts_and_recorded_series_are_those_of_prometheus(stores: Stores) -> None:
    settle(stores)
    ours, theirs = (alerts(url) for url in stores)
    assert len(ours) == 6
    assert ours == theirs
    for expression in (
        "operator:played_level:sum",
        "played_level:doubled",
        "played_level:high",
        'ALERTS{alertname=~"High|HighForLong|HighOnce|Scalar"}',
        "ALERTS_FOR_STATE * 0",
    ):
        assert wait_until(
            lambda expression=expression: (
                values(stores[0], expression) == values(stores[1], expression) != set()
            ),
            TIMEOUT_SECONDS,
        ), [values(url, expression) for url in stores]


def rules(url: str) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for group in data(url, "rules")["groups"] for rule in group["rules"]}


@pytest.mark.usefixtures("played")
def test_rules_are_told_as_prometheus_tells_them(stores: Stores) -> None:
    settle(stores)
    ours, theirs = (rules(url) for url in stores)
    assert list(ours) == list(theirs)
    for name, rule in ours.items():
        assert set(rule) == set(theirs[name]), name
        for field in ("type", "health", "labels", "annotations", "duration", "state"):
            assert rule.get(field) == theirs[name].get(field), (name, field)
    assert ours["Failing"]["health"] == "err"
    assert "many-to-many" in ours["Failing"]["lastError"]
    assert {rule["health"] for name, rule in ours.items() if name != "Failing"} == {"ok"}
    groups = [data(url, "rules")["groups"] for url in stores]
    for field in ("name", "file", "interval", "limit"):
        assert [group[field] for group in groups[0]] == [group[field] for group in groups[1]]
    for kind in ("alert", "record"):
        ours, theirs = (
            [
                rule["name"]
                for group in data(url, "rules", type=kind)["groups"]
                for rule in group["rules"]
            ]
            for url in stores
        )
        assert ours == theirs


def test_alerts_end_as_in_prometheus(played: Gauge, stores: Stores) -> None:
    settle(stores)
    played.labels(kind="high").set(0)
    played.labels(kind="higher").set(0)
    ended = {"HighOnce": "firing", "Scalar": "firing"}
    for url in stores:
        assert wait_until(lambda url=url: states(url) == ended, TIMEOUT_SECONDS), states(url)
        assert wait_until(
            lambda url=url: not query(url, 'ALERTS{alertname="High"}'), TIMEOUT_SECONDS
        )


def test_an_alert_does_not_wait_anew_after_a_restart(
    installation: Any, rule_files: tuple[Path, Path]
) -> None:
    own, _ = rule_files
    # A scrape that failed would end the alert, and it would begin anew.
    own.write_text(RULES.replace("sum(played_level) > 5", "vector(1)"))
    store = start_store(installation, own)
    installation.wait_for(f"timestamp({PENDING_SINCE}) - {PENDING_SINCE} > 10")
    store.kill()
    store.wait()

    restarted_at = time.time()
    start_store(installation, own)
    assert wait_until(lambda: installation.status()["store"] is not None, TIMEOUT_SECONDS)
    installation.wait_for(f"timestamp({PENDING_SINCE}) > {restarted_at:.3f}")
    (series,) = installation.query(f"{PENDING_SINCE}[10m]")
    evaluated = [(moment, int(since)) for moment, since in series["values"]]
    last, last_since = [one for one in evaluated if one[0] < restarted_at][-1]
    first, first_since = next(one for one in evaluated if one[0] > restarted_at)
    assert first - first_since > last - last_since, evaluated
    # The time without a store is none of its waiting, however long the restart took.
    assert last_since < first_since == int(active_at(installation)), evaluated


def active_at(installation: Any) -> float:
    """Since when the alert that never fires is pending."""
    (moment,) = (
        alert["activeAt"].replace("Z", "+00:00")
        for alert in data(installation.store_url(), "alerts")["alerts"]
        if alert["labels"]["alertname"] == "HighForLong"
    )
    return datetime.fromisoformat(moment).timestamp()


def test_a_mistake_in_a_rule_file_is_told_and_costs_no_samples(
    installation: Any, played: Gauge, rule_files: tuple[Path, Path]
) -> None:
    own, committed = rule_files
    own.write_text(RULES.replace("sum(played_level) > 5", "sum(played_level > 5"))
    store = start_store(installation, own, committed)
    installation.wait_for("played_level")
    url = installation.store_url()

    assert [group["name"] for group in data(url, "rules")["groups"]] == ["mephisto"]
    log = installation.log_of(store)
    assert f'{own} is not used: group "played": rule "HighForLong": expr: ' in log
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        assert "mephisto_store_rule_files_refused 1" in answer.read().decode()


def test_the_package_s_rules_and_the_user_s_own_are_evaluated(
    installation: Any, rule_files: tuple[Path, Path]
) -> None:
    folder = installation.home / "rules"
    folder.mkdir(parents=True)
    (folder / "own.yml").write_text(RULES)
    start_store(installation)
    groups = data(installation.store_url(), "rules")["groups"]
    counts = {group["name"]: len(group["rules"]) for group in groups}
    texts = {"mephisto": COMMITTED_RULES.read_text(), "played": RULES}
    assert counts == {name: text.count("expr:") for name, text in texts.items()}
