"""Moments of an Operator and its task runs, as gauges of the seconds since the Unix epoch.

Mephisto's families say how much is going on, not since when; the boards mark these moments.
"""

from __future__ import annotations

import time
from typing import Any

from mephisto_metrics.mephisto import instruments


def operator_started() -> None:
    """Note that the first of this process's Operators that run now has started."""
    instruments.gauge("operator_start_time_seconds").set(time.time())


def run_launched(task: str, task_run_id: str, began_at_seconds: float) -> None:
    """Note that a task run was launched, and when its launch began."""
    _of_run("task_run_launch_time_seconds", task, task_run_id).set(began_at_seconds)


def run_expires(task: str, task_run_id: str) -> None:
    """Note that Mephisto takes back what is left of a task run, which it may do again later."""
    expiry = _of_run("task_run_expiry_time_seconds", task, task_run_id)
    if expiry._get() == 0:
        expiry.set(time.time())


def _of_run(name: str, task: str, task_run_id: str) -> Any:
    return instruments.gauge(name).labels(task=task, task_run_id=task_run_id)
