"""Mephisto's 12 families, and ours beside them, as Mephisto's own code would move them."""

from __future__ import annotations

import itertools
import math
import random
import time
from typing import Any

from mephisto_metrics import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from mephisto_metrics.mephisto.families import (
    ADDED_FAMILIES,
    FAMILIES,
    STAGES,
    Family,
    buckets_for,
)
from mephisto_metrics.mephisto.stages import CLOCK_SKEW

# Median seconds of what is timed: plausible for one Operator on a laptop.
DATABASE_SECONDS = 0.0004
HANDLER_SECONDS = 0.003
FUNCTION_SECONDS = 0.006
STAGE_SECONDS = {
    "client_to_router": 0.045,
    "router_processing": 0.002,
    "router_to_server": 0.015,
    "server_processing": HANDLER_SECONDS,
}
OF_THE_CLIENT = ("client_to_router", "e2e_time")
"""The stages that begin by the clock of the worker's machine."""
SPREAD = 0.7
"""Standard deviation of the logarithm: one in a hundred takes five times the median."""


class Instruments:
    """All families, with the children that are created ahead."""

    def __init__(self, rng: random.Random, registry: CollectorRegistry = REGISTRY) -> None:
        self._rng = rng
        self._metrics = {
            family.name: _make(family, registry) for family in (*FAMILIES, *ADDED_FAMILIES)
        }

    def operator_started(self) -> None:
        """Note that the Operator has started now."""
        self._metrics["operator_start_time_seconds"].set(time.time())

    def run_launched(self, task: str, task_run_id: str) -> None:
        """Note that a task run was launched now."""
        launch = self._metrics["task_run_launch_time_seconds"]
        launch.labels(task=task, task_run_id=task_run_id).set(time.time())

    def run_expired(self, task: str, task_run_id: str) -> None:
        """Note that a task run expires now."""
        expiry = self._metrics["task_run_expiry_time_seconds"]
        expiry.labels(task=task, task_run_id=task_run_id).set(time.time())

    def packet(self, packet_type: str, clock_ahead_seconds: float = 0.0) -> None:
        """Observe one packet on its way, through all stages that the client's clock lets see."""
        handler = self._metrics["client_io_handler_latency_seconds"]
        handler.labels(packet_type=packet_type).observe(self._about(HANDLER_SECONDS))
        stages = {stage: self._about(median) for stage, median in STAGE_SECONDS.items()}
        stages["e2e_time"] = sum(stages.values())
        backwards_seconds = clock_ahead_seconds - stages["client_to_router"]
        latency = self._metrics["e2e_packet_latency"]
        for stage in STAGES:
            if backwards_seconds > 0 and stage in OF_THE_CLIENT:
                self._unmeasured(packet_type, stage, backwards_seconds)
            else:
                latency.labels(packet_type=packet_type, stage=stage).observe(stages[stage])

    def database(self, *methods: str) -> None:
        """Observe one call of each of these methods."""
        for method in methods:
            latency = self._metrics["database_latency_seconds"].labels(method=method)
            latency.observe(self._about(DATABASE_SECONDS))

    def functions(self, *functions: str) -> None:
        """Observe one call of each of these functions of the user's."""
        for function in functions:
            latency = self._metrics["external_function_latency"].labels(function=function)
            latency.observe(self._about(FUNCTION_SECONDS))

    def response(self, response: str) -> None:
        """Count one answer to a worker who asked for work."""
        self._metrics["agent_details_responses"].labels(response=response).inc()

    def onboarding_outcome(self, outcome: str) -> None:
        """Count an onboarding that was `launched`, `passed` or `failed`."""
        self._metrics["worker_pool_onboarding_outcomes"].labels(outcome=outcome).inc()

    def onboardings(self, change: int) -> None:
        """Change how many onboardings are under way."""
        self._metrics["worker_pool_active_onboardings"].inc(change)

    def thread_started(self, thread_type: str) -> None:
        """Count a thread of the task runner."""
        self._metrics["task_runner_thread_count"].labels(thread_type=thread_type).inc()

    def thread_ended(self, thread_type: str, seconds: float) -> None:
        """Count the thread no more, and observe how long it ran."""
        self._metrics["task_runner_thread_count"].labels(thread_type=thread_type).dec()
        self._metrics["task_runner_thread_duration"].labels(thread_type=thread_type).observe(
            seconds
        )

    def workers(self, worker_id: str, agent_type: str, change: int) -> None:
        """Change how many agents of a type a worker has."""
        gauge = self._metrics["active_workers"]
        gauge.labels(worker_id=worker_id, agent_type=agent_type).inc(change)

    def agent_moves(self, agent_type: str, before: str | None, after: str) -> None:
        """Move one agent from a status to another; None: it is new."""
        gauge = self._metrics["active_agent_statuses"]
        if before is not None:
            gauge.labels(status=before, agent_type=agent_type).dec()
        gauge.labels(status=after, agent_type=agent_type).inc()

    def unit_moves(self, unit_type: str, before: str | None, after: str) -> None:
        """Move one unit from a status to another; None: it is new."""
        gauge = self._metrics["active_unit_statuses"]
        if before is not None:
            gauge.labels(status=before, unit_type=unit_type).dec()
        gauge.labels(status=after, unit_type=unit_type).inc()

    def _unmeasured(self, packet_type: str, stage: str, skew_seconds: float) -> None:
        labels = {"packet_type": packet_type, "stage": stage, "reason": CLOCK_SKEW}
        self._metrics["e2e_packet_unmeasured"].labels(**labels).inc()
        self._metrics["e2e_packet_clock_skew_seconds"].labels(stage=stage).observe(skew_seconds)

    def _about(self, median: float) -> float:
        return median * math.exp(self._rng.gauss(0, SPREAD))


def _make(family: Family, registry: CollectorRegistry) -> Any:
    common = (family.name, family.documentation, list(family.labels))
    if family.type == "histogram":
        buckets = buckets_for(family.name, family.buckets)
        metric: Any = Histogram(*common, registry=registry, buckets=buckets)
    else:
        kind = Counter if family.type == "counter" else Gauge
        metric = kind(*common, registry=registry)
    if family.labels:
        for values in itertools.product(*family.labels.values()):
            metric.labels(*values)
    return metric
