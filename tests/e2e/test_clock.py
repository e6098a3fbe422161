"""A clock that jumps, for processes that see it through `libfaketime`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.answering import answers_at_once

from mephisto_metrics.stack.readiness import is_ready, wait_until

TIMEOUT_SECONDS = 60
HOUR_SECONDS = 3600


class Clock:
    """The clock of those who look at it through a file."""

    def __init__(self, path: Path, library: str) -> None:
        self._path = path
        self.environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(path),
            "FAKETIME_NO_CACHE": "1",
            # As when somebody sets it: what counts from the boot goes on.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        self.ahead(0)

    def ahead(self, hours: float) -> None:
        """Set it to so many hours from the machine's."""
        beside = self._path.with_suffix(".new")
        beside.write_text(f"{hours * HOUR_SECONDS:+.0f}\n")
        beside.replace(self._path)


@pytest.fixture
def clock(tmp_path: Path, needs_program: Callable[[str, str], str]) -> Clock:
    needs_program("faketime", "faketime")
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    return Clock(tmp_path / "clock", str(library))


def test_store_and_view_go_on_when_the_clock_is_set_ahead_and_back(
    installation: Any, clock: Clock
) -> None:
    own = dict(installation.environment)
    installation.environment.update(clock.environment)
    view = installation.start_verb("view")
    page = installation.address_of(view)
    installation.environment = own
    installation.wait_for("count_over_time(up[1m]) >= 2")
    running = installation.status()

    clock.ahead(2)
    installation.wait_for(f"max(timestamp(up)) > {time.time() + HOUR_SECONDS:.0f}")
    clock.ahead(0)

    def log() -> str:
        text: str = (installation.home / "logs" / "store.log").read_text()
        return text

    assert wait_until(lambda: "was the clock set back?" in log(), TIMEOUT_SECONDS)
    said = installation.found_by_doctor()["store.future-samples"]
    assert said == "the newest numbers in the store are 2 hours ahead of this machine's clock"

    clock.ahead(3)
    installation.wait_for(f"max(timestamp(up)) > {time.time() + 2.5 * HOUR_SECONDS:.0f}")
    assert log().count("was the clock set back?") == 1
    assert installation.status() == running
    assert answers_at_once(page)
    assert "ended" not in installation.log_of(view)


def record_ahead(installation: Any, promtool: str) -> None:
    """Leave what a Prometheus has of a time when the clock was two hours ahead of the machine's.

    Prometheus is in Go, which asks the system for the time without a library in between.
    """
    version = json.loads((installation.home / "bin" / "prometheus.json").read_text())["version"]
    data = installation.home / "data" / f"prometheus-{version.partition('.')[0]}"
    data.mkdir(parents=True)
    samples = data.parent / "samples"
    at_seconds = time.time() + 2 * HOUR_SECONDS
    samples.write_text(f'# TYPE up gauge\nup{{job="mephisto"}} 1 {at_seconds:.0f}\n# EOF\n')
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", samples, data]
    subprocess.run(command, check=True, capture_output=True)


def test_prometheus_and_grafana_go_on_when_the_clock_is_set_back_and_ahead(
    installation: Any, clock: Clock, needs_program: Callable[[str, str], str], tmp_path: Path
) -> None:
    installation.use_prometheus(needs_program("prometheus", "prometheus"))
    installation.use_grafana(tmp_path / "archive")
    record_ahead(installation, needs_program("promtool", "prometheus"))
    own = dict(installation.environment)
    installation.environment.update(clock.environment)
    view = installation.start_verb("view")
    installation.address_of(view)
    installation.environment = own

    said = installation.found_by_doctor()["store.future-samples"]
    assert said == "the newest numbers in the store are 2 hours ahead of this machine's clock"
    running = installation.status()
    for hours, name in ((3, "prometheus"), (-2, "grafana")):
        clock.ahead(hours)
        assert is_replaced_when_killed(installation, name), "who keeps it does not look after it"
    assert wait_until(lambda: is_ready(installation.store_url()), TIMEOUT_SECONDS)
    assert installation.status() == running
    assert "Traceback" not in installation.log_of(view)


def is_replaced_when_killed(installation: Any, name: str) -> bool:
    killed = installation.server_pid(name)
    os.kill(killed, signal.SIGKILL)
    return wait_until(lambda: installation.server_pid(name) != killed, TIMEOUT_SECONDS)
