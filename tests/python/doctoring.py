"""What tests of the doctor share: a home, a store that runs, a server that hangs, what is found."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mephisto_metrics.stack import engines, settings, store
from mephisto_metrics.stack.doctor import diagnose
from mephisto_metrics.stack.doctor.findings import Finding
from mephisto_metrics.stack.elsewhere import TARGETS_VARIABLE, joined
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.retention import Retention


def new_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that is not there yet, with no settings but ports that nobody can have taken."""
    for name in (*os.environ,):
        if name.startswith(("MEPHISTO_METRICS_", "PROMETHEUS_", "GRAFANA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(settings.STORE_PORT_VARIABLE, "0")
    monkeypatch.setenv(settings.VIEWER_PORT_VARIABLE, "0")
    return tmp_path / "home"


def found(id_: str) -> Finding:
    """What is found under an id, which nothing else is."""
    return the_one(diagnose(), id_)


def the_one(findings: list[Finding], id_: str) -> Finding:
    of_id = [finding for finding in findings if finding.id == id_]
    assert len(of_id) == 1, "\n".join(f"{one.id}: {one.found}" for one in findings)
    return of_id[0]


@contextlib.contextmanager
def running_store(**changes: Any) -> Iterator[engines.Engine]:
    """The built-in store, in this process."""
    options: dict[str, Any] = {
        "port": 0,
        "scrape_interval_seconds": 0.2,
        "retention": Retention(3600, None),
    }
    options.update(rules=(), **changes)
    if "elsewhere" in changes:
        options["started_with"] = {TARGETS_VARIABLE: joined(changes["elsewhere"].sources)}
    with engines.running("builtin", EngineOptions(**options), print) as engine:
        _age_as_this_process(store.state_path())
        yield engine


def _age_as_this_process(state_path: Path) -> None:
    """Date the state file back: a store's own process writes it as soon as it has started."""
    if psutil.LINUX:
        started = json.loads(state_path.read_text())["start_time_seconds"]
        age_seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - started
        os.utime(state_path, times=(time.time() - age_seconds,) * 2)


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that accepts, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"
