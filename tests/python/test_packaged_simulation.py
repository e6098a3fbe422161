from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Callable

import pytest

from mephisto_metrics import CollectorRegistry, generate_latest
from mephisto_metrics.mephisto.families import FAMILIES
from mephisto_metrics.simulation.pace import BRISK, KINDS, LIVELY, Pace
from mephisto_metrics.simulation.packaged import Model
from mephisto_metrics.stack import store
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60
ORIGINAL_SERIES = Path(__file__).parents[1] / "data" / "original_series.txt"


def exposition(registry: CollectorRegistry) -> dict[str, float]:
    lines = generate_latest(registry).decode().splitlines()
    return {
        series: float(value)
        for series, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    }


def totals(values: dict[str, float]) -> dict[str, float]:
    """Return the sum over all series of each name."""
    found: dict[str, float] = defaultdict(float)
    for series, value in values.items():
        found[series.partition("{")[0]] += value
    return found


def at(pace: Pace, seconds: float, seed: int = 0) -> dict[str, float]:
    registry = CollectorRegistry()
    Model(pace, seed, registry).advance(seconds)
    return exposition(registry)


def test_it_has_every_series_of_the_original() -> None:
    def normalised(series: str) -> str:
        series = re.sub(r'worker_id="[^"]*"', 'worker_id="*"', series)
        return series if series.endswith("}") else series + "{}"

    families = tuple(family.name for family in FAMILIES)
    original = {
        series for series in ORIGINAL_SERIES.read_text().splitlines() if series.startswith(families)
    }
    assert original - {normalised(series) for series in at(BRISK, 60)} == set()


def test_all_twelve_families_move() -> None:
    registry = CollectorRegistry()
    model = Model(BRISK, 0, registry)
    moved = set()
    for half_second in range(30):
        model.advance(half_second / 2)
        moved |= {name for name, total in totals(exposition(registry)).items() if total > 0}

    suffixes = {"histogram": "_count", "counter": "_total", "gauge": ""}
    expected = {family.name + suffixes[family.type] for family in FAMILIES}
    assert expected - moved == set()


def test_a_clock_that_is_ahead_leaves_stages_unmeasured_and_shows_by_how_much() -> None:
    registry = CollectorRegistry()
    all_skewed = replace(BRISK, skewed_share=1.0, skew_seconds=(50.0, 50.0))
    Model(all_skewed, 0, registry).advance(30)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    packet = {"packet_type": "register_agent"}
    packets = value("client_io_handler_latency_seconds_count", **packet)
    reason = {"stage": "e2e_time", "reason": "clock_skew"}
    assert packets == value("e2e_packet_unmeasured_total", **packet, **reason) != 0
    assert packets == value("e2e_packet_latency_count", **packet, stage="router_to_server")
    assert value("e2e_packet_latency_count", **packet, stage="client_to_router") == 0
    skew = "e2e_packet_clock_skew_seconds_bucket"
    assert value(skew, stage="e2e_time", le="10.0") == 0
    assert value(skew, stage="e2e_time", le="60.0") != 0


def test_task_runs_are_launched_at_the_begin_and_their_open_units_expire_at_the_end() -> None:
    registry = CollectorRegistry()
    begin = time.time()
    model = Model(BRISK, 0, registry)
    model.advance(1)
    launches = moments_of(registry, "launch")
    assert len(launches) == len(KINDS)
    assert all(begin <= launch <= time.time() for launch in launches)
    assert moments_of(registry, "expiry") == []

    model.close()
    assert all(expiry >= max(launches) for expiry in moments_of(registry, "expiry"))
    assert len(moments_of(registry, "expiry")) == len(KINDS)
    statuses = 'active_unit_statuses{status="%s",unit_type="standard"}'
    assert exposition(registry)[statuses % "launched"] == 0
    assert exposition(registry)[statuses % "expired"] > 0


def moments_of(registry: CollectorRegistry, what: str) -> list[float]:
    name = f"task_run_{what}_time_seconds{{"
    return [value for series, value in exposition(registry).items() if series.startswith(name)]


@pytest.mark.parametrize("pace", [BRISK, LIVELY])
def test_nothing_is_negative_and_the_states_add_up_at_every_moment(pace: Pace) -> None:
    registry = CollectorRegistry()
    model = Model(pace, 7, registry)
    for second in range(0, 120, 8):
        model.advance(second)
        values = exposition(registry)
        assert [series for series, value in values.items() if value < 0] == []

        sums = totals(values)
        assigned = values['agent_details_responses_total{response="assigned"}']
        agents = {
            kind: sum(v for s, v in values.items() if s.startswith("active_agent") and kind in s)
            for kind in ("main", "onboarding")
        }
        launched = values['worker_pool_onboarding_outcomes_total{outcome="launched"}']
        assert (agents["main"], agents["onboarding"]) == (assigned, launched)
        units_in_work = sum(
            v for s, v in values.items() if s.startswith("active_unit") and '"assigned"' in s
        )
        onboardings = sums["worker_pool_active_onboardings"]
        assert sums["active_workers"] == units_in_work + onboardings
        assert values['task_runner_thread_count{thread_type="onboarding"}'] == onboardings


def test_the_same_seed_gives_the_same_run_and_another_one_does_not() -> None:
    def without_times(seed: int) -> dict[str, float]:
        times = re.compile("_created|_time_seconds")
        return {s: v for s, v in at(BRISK, 30, seed).items() if not times.search(s)}

    assert without_times(1) == without_times(1)
    assert without_times(1) != without_times(2)


def is_told(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


def loses_its_parent(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize("ends", [is_told, loses_its_parent])
def test_it_ends_in_order_when_it(
    tmp_path: Path, ends: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    with running(tmp_path / "home") as process:
        ends(process)
        assert process.wait(TIMEOUT_SECONDS) == 0
    assert list((tmp_path / "home" / "targets").iterdir()) == []


def test_it_starts_a_store_again_after_cleanup_as_an_operator_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    with running(tmp_path / "home"):
        assert wait_until(lambda: store.running() is not None, TIMEOUT_SECONDS)
        assert store.stop()
        assert wait_until(lambda: store.running() is not None, TIMEOUT_SECONDS)


@contextlib.contextmanager
def running(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A simulation in a process of its own, once it is announced."""
    environment = {
        **os.environ,
        "MEPHISTO_METRICS_HOME": str(home),
        "MEPHISTO_METRICS_PORT": "0",
        "PROMETHEUS_PORT": "0",
        "PYTHONWARNINGS": "ignore",
    }
    options = ["--pace", "brisk", "--until-input-ends"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mephisto_metrics.simulation.packaged", *options],
        stdin=subprocess.PIPE,
        env=environment,
    )
    try:
        assert wait_until(lambda: bool(list(home.glob("targets/*-*.json"))), TIMEOUT_SECONDS)
        yield process
    finally:
        process.kill()
        process.communicate()
        stop_store = "from mephisto_metrics.cli import main; main(['cleanup'])"
        subprocess.run([sys.executable, "-c", stop_store], env=environment, check=True, timeout=60)
