"""Several Operators at once, each in a process of its own, under one home.

Three, so that one can end and one can be killed, in whatever order the tests come.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any, NamedTuple

import pytest

from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60
KINDS = ("onboarding", "gold", "screening")
# A scrape that failed leaves them as they were.
CALLS = "sum(last_over_time(database_latency_seconds_count{{pid='{}'}}[10m]))"
LATE = "cannot be scraped: no answer within 1s"

Operator = subprocess.Popen[str]


class Operators(NamedTuple):
    """Started at the same moment, and all scraped since."""

    ending: Operator
    killed: Operator
    lasting: Operator


@pytest.fixture(scope="module")
def operators(shared_installation: Any) -> Operators:
    started = Operators(
        *(shared_installation.start_operator("--kind", kind, "--seed", "1") for kind in KINDS)
    )
    shared_installation.wait_for('count(up{job="mephisto", task_name!=""} == 1) == 3')
    for operator in started:
        shared_installation.wait_for(CALLS.format(operator.pid))
    return started


def calls(installation: Any, operator: Operator) -> float:
    """How many database calls the Operator has made so far, a number that only grows."""
    (series,) = installation.query(CALLS.format(operator.pid))
    return float(series["value"][1])


def target_files(installation: Any, operator: Operator) -> list[Any]:
    return list((installation.home / "targets").glob(f"{operator.pid}-*"))


def assert_stale(installation: Any, operator: Operator) -> None:
    everything = f"{{pid='{operator.pid}'}}"
    is_stale = wait_until(lambda: not installation.query(everything), TIMEOUT_SECONDS)
    assert is_stale, installation.query(everything)
    assert target_files(installation, operator) == []


def assert_goes_on(installation: Any, operator: Operator) -> None:
    assert operator.poll() is None, installation.log_of(operator)
    before = calls(installation, operator)
    assert wait_until(lambda: calls(installation, operator) > before, TIMEOUT_SECONDS)
    # Late is anybody whose machine stalls; what else there is to tell is a fault.
    assert [line for line in down_lines(installation, operator) if LATE not in line] == []


def down_lines(installation: Any, operator: Operator) -> list[str]:
    """What the store's log tells of scrapes of the Operator that failed."""
    (target,) = target_files(installation, operator)
    (address,) = json.loads(target.read_text())[0]["targets"]
    log = (installation.home / "logs" / "store.log").read_text()
    return [line for line in log.splitlines() if address in line and "cannot be scraped" in line]


def test_they_share_one_store_and_are_told_apart_by_labels(
    shared_installation: Any, operators: Operators
) -> None:
    labels = "pid, operator, instance, task_name"
    lately = f'group by ({labels}) (last_over_time(up{{task_name!=""}}[10m]))'
    series = [one["metric"] for one in shared_installation.query(lately)]

    assert {one["pid"] for one in series} == {str(operator.pid) for operator in operators}
    assert {one["operator"].partition("-")[0] for one in series} == {one["pid"] for one in series}
    for label in ("operator", "instance"):
        assert len({one[label] for one in series}) == len(operators), series


def test_started_at_the_same_moment_they_start_one_store(
    shared_installation: Any, operators: Operators
) -> None:
    log = (shared_installation.home / "logs" / "store.log").read_text()

    assert log.count("serving http://") == 1, log
    assert "is the store of" not in log
    for operator in operators:
        assert "not recorded" not in shared_installation.log_of(operator)


def test_one_that_ends_leaves_the_others_and_the_store(
    shared_installation: Any, operators: Operators
) -> None:
    store = shared_installation.status()["store"]

    operators.ending.terminate()
    assert operators.ending.wait(TIMEOUT_SECONDS) == 0
    assert target_files(shared_installation, operators.ending) == []

    assert_stale(shared_installation, operators.ending)
    assert_goes_on(shared_installation, operators.lasting)
    assert shared_installation.status()["store"] == store


def test_one_that_is_killed_is_swept_and_its_series_end(
    shared_installation: Any, operators: Operators
) -> None:
    operators.killed.kill()
    operators.killed.wait()

    assert_stale(shared_installation, operators.killed)
    assert_goes_on(shared_installation, operators.lasting)
