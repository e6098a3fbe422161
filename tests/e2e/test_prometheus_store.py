"""A real Prometheus as the store: started by whoever needs it, kept running, ended, never lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from tests.answering import answers_at_once
from tests.e2e.board_queries import panel_queries
from tests.e2e.conftest import Installation
from tests.e2e.receiving import receiver
from tests.files import files_with

from mephisto_metrics.stack.readiness import fetched, is_ready, wait_until

TIMEOUT_SECONDS = 60


@pytest.fixture
def installation(installation: Any, needs_program: Callable[[str, str], str]) -> Any:
    """An installation that has been told to use Debian's Prometheus."""
    installation.use_prometheus(needs_program("prometheus", "prometheus"))
    return installation


@pytest.fixture(scope="module")
def running(shared_installation: Any, needs_program: Callable[[str, str], str]) -> Any:
    """A run in progress with Prometheus and the page, for the tests that only look."""
    shared_installation.use_prometheus(needs_program("prometheus", "prometheus"))
    start_operator(shared_installation)
    shared_installation.page = shared_installation.address_of(
        shared_installation.start_verb("view")
    )
    return shared_installation


def prometheus_pid(installation: Any) -> int:
    state = installation.home / "state" / "prometheus.json"
    pid: int = json.loads(state.read_text())["pid"]
    return pid


def start_operator(installation: Any) -> None:
    installation.start_operator("--kind", "gold")
    installation.wait_for('up{job="mephisto"} == 1')


def test_a_prometheus_that_is_installed_is_the_store_without_being_asked_for(running: Any) -> None:
    assert running.status()["store"]["kind"] == "prometheus"
    assert psutil.Process(prometheus_pid(running)).name() == "prometheus"
    running.wait_for('sum(e2e_packet_latency_count{job="mephisto"}) > 0')
    running.wait_for('up{job="prometheus"} == 1')


def test_the_built_in_store_can_be_wanted_all_the_same(installation: Any) -> None:
    installation.address_of(installation.start_verb("view", "--store", "builtin"))
    assert installation.status()["store"]["kind"] == "builtin"


def test_a_store_of_another_kind_than_wanted_is_named(installation: Any) -> None:
    installation.address_of(installation.start_verb("view"))
    result = installation.run("view", "--store", "builtin", "--port", "0")
    assert result.returncode == 1
    assert "is prometheus, not builtin" in result.stderr
    assert "hint: end it with `mephisto metrics cleanup`" in result.stderr


def test_the_page_shows_it_and_the_alerts_are_its_own(running: Any) -> None:
    assert answers_at_once(running.page)
    rules = json.loads(fetched(f"{running.page}/api/v1/rules", TIMEOUT_SECONDS) or "")
    names = {rule["name"] for group in rules["data"]["groups"] for rule in group["rules"]}
    assert "MephistoSlowPackets" in names


def test_it_sends_its_samples_on_with_the_credentials_of_a_file_and_the_board_shows_it(
    installation: Any, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("a-secret\n")
    with receiver() as (url, seen):
        installation.environment["MEPHISTO_METRICS_REMOTE_TOKEN_FILE"] = str(tmp_path / "token")
        view = installation.start_verb("view", "--remote-write", url)
        installation.address_of(view)

        assert wait_until(lambda: seen != [], TIMEOUT_SECONDS)
        assert_row_shows_what_is_sent(installation)
        # While the receiver is there, for which Prometheus would wait.
        view.terminate()
        assert view.wait(TIMEOUT_SECONDS) == 0, installation.log_of(view)
    assert seen[0]["Authorization"] == "Bearer a-secret"
    assert seen[0]["Content-Encoding"] == "snappy"


def assert_row_shows_what_is_sent(installation: Any) -> None:
    """Ask what the panels of the row ask, of a Prometheus that has begun to send."""
    queries = {query.panel: query.expression for query in panel_queries(10_000)}
    installation.wait_for(f"{queries['Samples sent elsewhere']} > 0")
    (behind,) = installation.query(queries["How far behind elsewhere is"])
    assert 0 <= float(behind["value"][1]) < TIMEOUT_SECONDS
    (waiting,) = installation.query(queries["Waiting to be sent elsewhere"])
    assert float(waiting["value"][1]) >= 0
    (lost,) = installation.query(queries["Never sent elsewhere"])
    assert float(lost["value"][1]) == 0


def test_an_operator_is_found_in_a_home_whose_name_looks_like_a_pattern(
    tmp_path: Path, needs_program: Callable[[str, str], str]
) -> None:
    odd = Installation(tmp_path / "home [1]")
    try:
        odd.use_prometheus(needs_program("prometheus", "prometheus"))
        start_operator(odd)
    finally:
        odd.close()


def test_a_prometheus_that_is_killed_is_started_again(installation: Any) -> None:
    start_operator(installation)
    killed, keeper = prometheus_pid(installation), installation.status()["store"]["pid"]
    os.kill(killed, signal.SIGKILL)

    assert wait_until(lambda: prometheus_pid(installation) != killed, TIMEOUT_SECONDS)
    assert wait_until(lambda: is_ready(installation.store_url()), TIMEOUT_SECONDS)
    installation.wait_for('up{job="mephisto"} == 1')
    assert installation.status()["store"]["pid"] == keeper
    log = (installation.home / "logs" / "store.log").read_text()
    assert "Prometheus ended (by signal 9): starting it again in 1 s" in log


def test_a_keeper_that_is_killed_is_replaced_and_its_prometheus_is_not_left_over(
    installation: Any,
) -> None:
    view = installation.start_verb("view")
    page = installation.address_of(view)
    left_behind, keeper = prometheus_pid(installation), installation.status()["store"]["pid"]
    os.kill(keeper, signal.SIGKILL)

    assert wait_until(
        lambda: (installation.status()["store"] or {"pid": keeper})["pid"] != keeper,
        TIMEOUT_SECONDS,
    )
    assert wait_until(lambda: not psutil.pid_exists(left_behind), TIMEOUT_SECONDS)
    assert wait_until(lambda: is_ready(page), TIMEOUT_SECONDS), installation.log_of(view)


def test_cleanup_ends_a_prometheus_whose_keeper_was_killed(installation: Any) -> None:
    started = installation.run("view", "--detach")
    assert started.returncode == 0, started.stderr
    status, left_behind = installation.status(), prometheus_pid(installation)
    for process in (*status["viewers"], status["store"]):
        os.kill(process["pid"], signal.SIGKILL)
    said = installation.run("doctor")
    assert f"a Prometheus (PID {left_behind}) runs" in " ".join(said.stdout.split())
    assert "$ mephisto metrics cleanup" in said.stdout

    cleaned = installation.run("cleanup")

    assert cleaned.stderr.splitlines() == [
        "stopped a Prometheus left behind",
        "removed 3 state files of processes that are gone",
    ]
    assert wait_until(lambda: not psutil.pid_exists(left_behind), TIMEOUT_SECONDS)
    assert list((installation.home / "state").glob("**/*.json")) == []


@pytest.mark.parametrize("is_killed", [False, True])
def test_no_file_has_a_secret_of_a_variable_after_the_store_has_ended(
    installation: Any, is_killed: bool
) -> None:
    installation.environment.update(
        MEPHISTO_METRICS_REMOTE_WRITE="http://127.0.0.1:9/write",
        MEPHISTO_METRICS_REMOTE_TOKEN="a-secret-of-a-variable",
    )
    started = installation.run("view", "--detach", "--viewer", "builtin")
    assert started.returncode == 0, started.stderr
    assert files_with("a-secret-of-a-variable", installation.home) != []
    if is_killed:
        status = installation.status()
        for process in (*status["viewers"], status["store"]):
            os.kill(process["pid"], signal.SIGKILL)

    assert installation.run("cleanup").returncode == 0
    assert files_with("a-secret-of-a-variable", installation.home) == []


def test_the_end_of_an_operator_leaves_the_store_to_the_others(installation: Any) -> None:
    first = installation.start_operator("--kind", "gold")
    installation.start_operator("--kind", "gold")
    installation.wait_for('count(up{job="mephisto"} == 1) == 2')
    store = installation.status()["store"]

    first.terminate()

    assert first.wait(TIMEOUT_SECONDS) == 0, installation.log_of(first)
    assert installation.status()["store"] == store
    installation.wait_for('count(up{job="mephisto"} == 1) == 1')


def test_a_prometheus_that_can_not_start_is_explained(installation: Any) -> None:
    rules = installation.home / "rules"
    rules.mkdir(parents=True)
    (rules / "own.yml").write_text("groups: 7\n")

    result = installation.run("view")

    assert result.returncode == 1
    assert "Prometheus did not start" in result.stderr
    assert "promtool check rules" in result.stderr
    assert "Traceback" not in result.stderr
    assert installation.status()["store"] is None


def test_what_was_recorded_is_there_after_the_store_was_ended(installation: Any) -> None:
    start_operator(installation)
    before = installation.query('count_over_time(up{job="mephisto"}[1h])')[0]["value"][1]
    installation.run("cleanup")

    installation.wait_for(f'count_over_time(up{{job="mephisto"}}[1h]) > {before}')


def test_its_configuration_is_valid(running: Any, needs_program: Callable[[str, str], str]) -> None:
    promtool = needs_program("promtool", "prometheus")
    path: Path = running.home / "config" / "prometheus.yml"
    checked = subprocess.run(
        [promtool, "check", "config", str(path)], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "WARNING" not in checked.stdout + checked.stderr


def test_only_this_machine_reaches_it_and_no_web_page(running: Any) -> None:
    process = psutil.Process(prometheus_pid(running))
    listening = [one.laddr.ip for one in process.net_connections() if one.status == "LISTEN"]
    assert listening == ["127.0.0.1"]
    request = urllib.request.Request(
        f"{running.store_url()}/api/v1/query?query=1", headers={"Origin": "http://evil.example"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
