"""An unmodified Mephisto 1.1.1 with our metrics, in its own environment."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ORIGINAL_SERIES = HERE.parent / "data" / "original_series.txt"
START_SECONDS = 60
RUN_SECONDS = 100
END_SECONDS = 180

FAMILIES = {
    "database_latency_seconds_count",
    "client_io_handler_latency_seconds_count",
    "e2e_packet_latency_count",
    "external_function_latency_count",
    "task_runner_thread_duration_count",
    "task_runner_thread_count",
    "active_agent_statuses",
    "active_workers",
    "active_unit_statuses",
    "agent_details_responses_total",
    "worker_pool_onboarding_outcomes_total",
    "worker_pool_active_onboardings",
}
EXPECTED_SERIES = set(ORIGINAL_SERIES.read_text().splitlines())
GAUGES = {name for name in FAMILIES if not name.endswith(("_count", "_total"))} | {
    "task_runner_thread_count"
}


@pytest.fixture
def environment(mephisto_python: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    variables = {
        **os.environ,
        "MEPHISTO_METRICS_HOME": str(tmp_path / "metrics"),
        "MEPHISTO_METRICS_PORT": "0",
        "PROMETHEUS_PORT": "0",
        "PYTHONWARNINGS": "ignore",
    }
    yield variables
    stop_store = "from mephisto_metrics.cli import main; main(['cleanup'])"
    subprocess.run([mephisto_python, "-c", stop_store], env=variables, check=True, timeout=60)


class Observation:
    """All that a run's exposition showed, from the first scrape to the last."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = {}

    def add(self, exposition: str) -> None:
        for line in exposition.splitlines():
            if not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                self.values.setdefault(normalised(series), []).append(float(value))

    def of(self, name: str) -> list[float]:
        return [
            value
            for series, values in self.values.items()
            if series.partition("{")[0] == name
            for value in values
        ]

    def standing_still(self) -> set[str]:
        return {name for name in FAMILIES if not any(self.of(name))}

    def missing(self) -> set[str]:
        return EXPECTED_SERIES - self.values.keys()


def normalised(series: str) -> str:
    """Return a series as the lines of `original_series.txt` have it."""
    name, _, rest = series.partition("{")
    pairs = [pair.split("=", 1) for pair in rest.rstrip("}").split('",') if pair]
    shown = []
    for label, value in sorted(pairs):
        text = value.strip('"')
        hidden = name == "python_info" or label == "worker_id"
        shown.append(f'{label}="{"*" if hidden else text}"')
    return f"{name}{{{','.join(shown)}}}"


def start(python: str, environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    command = [python, str(HERE / "user_script.py"), "--pace", "brisk", *arguments]
    log = Path(environment["MEPHISTO_METRICS_HOME"]).with_suffix(".log").open("wb")
    with log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)


def address_of(process: subprocess.Popen[bytes], environment: dict[str, str]) -> str:
    folder = Path(environment["MEPHISTO_METRICS_HOME"]) / "targets"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for path in folder.glob(f"{process.pid}-*.json"):
            return json.loads(path.read_text())[0]["targets"][0]
        time.sleep(0.05)
    log = folder.parent.with_suffix(".log").read_text()
    raise AssertionError(f"no target file within {START_SECONDS} s:\n{log[-3000:]}")


def scrape(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
        return answer.read().decode()


def observe(process: subprocess.Popen[bytes], address: str) -> Observation:
    """Scrape until all is seen that there is to see, and while the run ends because of that."""
    seen = Observation()
    is_told_to_end = False
    deadline = time.monotonic() + END_SECONDS
    while process.poll() is None:
        assert time.monotonic() < deadline, f"the run did not end within {END_SECONDS} s"
        try:
            seen.add(scrape(address))
        except (OSError, http.client.HTTPException):
            break  # it has ended between the poll and the scrape
        if not is_told_to_end and not seen.standing_still() and not seen.missing():
            process.terminate()
            is_told_to_end = True
        time.sleep(0.2)
    assert process.wait(END_SECONDS) == 0
    return seen


def test_all_that_mephisto_shows_is_shown_and_moves(
    mephisto_python: str, environment: dict[str, str]
) -> None:
    duration = ("--duration-seconds", str(RUN_SECONDS))
    process = start(mephisto_python, environment, *duration, "--seed", "1")
    try:
        seen = observe(process, address_of(process, environment))
    finally:
        process.kill()

    assert seen.standing_still() == set()
    assert seen.missing() == set(), "series of the original that are not there"
    assert {name: min(seen.of(name)) for name in GAUGES if min(seen.of(name)) < 0} == {}
    assert seen.of("users_own_events_total")[-1] == 3
    targets = Path(environment["MEPHISTO_METRICS_HOME"]) / "targets"
    announced = [path for path in targets.iterdir() if path.name != "store.json"]
    assert announced == [], "the ended Operator is still announced"


AGENT_FROM_BEFORE = """
import sys, pathlib
from mephisto_metrics.simulation.mephisto_run import use_home
use_home(pathlib.Path(sys.argv[1]))
if sys.argv[2] == "ours":
    import mephisto_metrics
    mephisto_metrics.install()
    from mephisto_metrics import generate_latest
else:
    from prometheus_client import generate_latest
from mephisto.abstractions.databases.local_database import LocalMephistoDB
from mephisto.data_model.agent import Agent
from mephisto.utils.testing import get_test_agent
database = LocalMephistoDB(str(pathlib.Path(sys.argv[1]) / "database.db"))
Agent.get(database, get_test_agent(database)).update_status("completed")
print(generate_latest().decode())
"""


@pytest.mark.parametrize(("metrics", "expected"), [("ours", 0.0), ("original", -1.0)])
def test_an_agent_from_before_a_restart_takes_no_gauge_of_ours_below_zero(
    mephisto_python: str,
    environment: dict[str, str],
    tmp_path: Path,
    metrics: str,
    expected: float,
) -> None:
    command = [mephisto_python, "-c", AGENT_FROM_BEFORE, str(tmp_path / "home"), metrics]
    switched = {**environment, "MEPHISTO_METRICS_OFF": "1"}
    output = subprocess.run(command, env=switched, check=True, capture_output=True, timeout=60)

    seen = Observation()
    seen.add("\n".join(line for line in output.stdout.decode().splitlines() if "active_" in line))
    assert seen.of("active_workers") == [expected]
    assert min(seen.of("active_agent_statuses")) == expected
    assert seen.values['active_agent_statuses{agent_type="main",status="completed"}'] == [1.0]
