"""The built-in store and a real Prometheus over the same targets, and an Operator that is played.

Both scrape the same targets, each at moments of its own. So values agree exactly where the target
stood still between the two scrapes, and a rate differs by how much of its window lies between a
store's own first and last sample.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from benches.prometheus import real_prometheus
from tests.e2e.asking import TIMEOUT_SECONDS, Stores
from tests.e2e.receiving import receiver

from mephisto_metrics import CollectorRegistry, Counter, start_http_server, stop_http_server
from mephisto_metrics.mephisto.families import (
    ADDED_FAMILIES,
    FAMILIES,
    PACKET_TYPES,
    buckets_for,
)
from mephisto_metrics.simulation.pace import Pace
from mephisto_metrics.simulation.packaged import Model

STEP_SECONDS = 120.0
"""How far the played simulation moves at once, in its own time."""
LIFT = 1000

PROMETHEUS_CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: mephisto
    file_sd_configs: [{{files: ['{targets}/*.json']}}]
"""


@pytest.fixture
def stores(
    installation: Any, needs_program: Callable[[str, str], str], tmp_path: Path
) -> Iterator[Stores]:
    """Give the addresses of the built-in store and of a Prometheus for the same targets.

    The former sends its samples on, so that panels about that have something to show.
    """
    program = needs_program("prometheus", "prometheus")
    with receiver() as (receiver_url, _):
        installation.environment["MEPHISTO_METRICS_REMOTE_WRITE"] = receiver_url
        built_in = installation.start(
            *(sys.executable, "-m", "mephisto_metrics.store", "--port", "0"),
            *("--scrape-interval-seconds", "1", "--linger-seconds", "600"),
        )
        # Prometheus would look only after minutes again for a folder that it does not find.
        built_in_url = installation.store_url()
        settings = PROMETHEUS_CONFIG.format(targets=installation.home / "targets")
        with real_prometheus(program, tmp_path / "prometheus", settings) as prometheus_url:
            yield built_in_url, prometheus_url
        # It would wait for a receiver that is gone.
        built_in.terminate()
        built_in.wait(TIMEOUT_SECONDS)


def lift_from_zero(registry: CollectorRegistry) -> None:
    """Let every counter and bucket have counted much.

    Near zero, a rate's extrapolation ends where the counter would have been zero: for each store
    at a moment of its own.
    """
    for family in (*FAMILIES, *ADDED_FAMILIES):
        metric = registry._names_to_collectors[family.name]
        known = {"packet_type": PACKET_TYPES, **{k: v for k, v in family.labels.items() if v}}
        for values in itertools.product(*(known.get(name, ()) for name in family.labels)):
            child = metric.labels(*values) if values else metric
            if family.type == "counter":
                child.inc(LIFT)
            if family.type == "histogram":
                for bound in buckets_for(family.name, family.buckets)[:-1]:
                    for _ in range(LIFT):
                        child.observe(bound)


class PlayedOperator:
    """The packaged simulation, standing still but for the steps that a test makes it take."""

    def __init__(self, targets: Path) -> None:
        registry = CollectorRegistry()
        # Somebody at each kind of work at any time, and more work than they can do.
        pace = Pace(arrival_seconds=10.0, work_seconds=(20.0, 60.0), assignments=1000)
        self._model = Model(pace, seed=1, registry=registry)
        lift_from_zero(registry)
        self._clock = Counter("played_steps", "Steps taken.", registry=registry)
        self._clock.inc(LIFT)
        self._model.advance(10 * STEP_SECONDS)
        self._model.instruments.operator_started()
        self._model.instruments.run_expired("one", "1")
        self.address = start_http_server(0, registry=registry)
        target = {
            "targets": ["{}:{}".format(*self.address)],
            "labels": {"job": "mephisto", "operator": "played", "task_name": "one,two"},
        }
        targets.mkdir(parents=True, exist_ok=True)
        self._target_file = targets / "played.json"
        self._target_file.write_text(json.dumps([target]))

    def step(self) -> None:
        self._model.advance(self._model.now + STEP_SECONDS)
        self._clock.inc()

    def withdraw(self) -> None:
        """Be no target any more, as an Operator that has ended."""
        self._target_file.unlink()


@pytest.fixture
def played(installation: Any) -> Iterator[PlayedOperator]:
    """A played Operator that is announced to the installation's stores."""
    operator = PlayedOperator(installation.home / "targets")
    yield operator
    stop_http_server(operator.address)
