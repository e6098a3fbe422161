"""The life of the store's process: killed, restarted, no longer needed, not alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest
from tests.ports import free_port

from mephisto_metrics.stack import viewers
from mephisto_metrics.stack.readiness import is_ready, wait_until

TIMEOUT_SECONDS = 60
LINGER_SECONDS = 1
LONGER_THAN_LINGERING_SECONDS = 3 * LINGER_SECONDS

Samples = set[tuple[str, float, str]]


def kill_store(installation: Any) -> int:
    """Kill the store as the system would, and return its PID once it is gone."""
    pid = int(installation.status()["store"]["pid"])
    os.kill(pid, signal.SIGKILL)

    def is_gone() -> bool:
        # A view may have started another one before anybody could see that there was none.
        store = installation.status()["store"]
        return store is None or store["pid"] != pid

    assert wait_until(is_gone, TIMEOUT_SECONDS)
    return pid


def samples(installation: Any, selector: str) -> Samples:
    """Every sample of the last minutes: its series, its time, its value."""
    return {
        (str(sorted(series["metric"].items())), timestamp, value)
        for series in installation.query(f"{selector}[10m]")
        for timestamp, value in series["values"]
    }


def start_store(installation: Any, *options: str) -> subprocess.Popen[str]:
    module = "mephisto_metrics.store"
    store: subprocess.Popen[str] = installation.start(
        sys.executable, "-m", module, "--port", "0", "--scrape-interval-seconds", "1", *options
    )
    return store


def enough(installation: Any, selector: str) -> Samples:
    found: Samples = set()

    def has_several_scrapes() -> bool:
        found.update(samples(installation, selector))
        return len({timestamp for _, timestamp, _ in found}) >= 4

    assert wait_until(has_several_scrapes, TIMEOUT_SECONDS)
    return found


def test_samples_acknowledged_before_a_kill_are_all_there_afterwards(installation: Any) -> None:
    installation.start_operator("--kind", "gold")
    installation.wait_for("database_latency_seconds_count")
    selectors = ("up", "database_latency_seconds_count")
    acknowledged = {selector: enough(installation, selector) for selector in selectors}

    killed = kill_store(installation)
    installation.address_of(installation.start_verb("view"))

    assert installation.status()["store"]["pid"] != killed
    for selector, before in acknowledged.items():
        lost = before - samples(installation, selector)
        assert lost == set()
    newest = max(timestamp for _, timestamp, _ in acknowledged["up"])
    installation.wait_for(f"timestamp(up == 1) > {newest}")


def test_a_view_starts_a_killed_store_again_and_shows_it(installation: Any) -> None:
    page = installation.address_of(installation.start_verb("view"))

    killed = kill_store(installation)

    assert wait_until(lambda: is_ready(page), TIMEOUT_SECONDS)
    assert installation.status()["store"]["pid"] != killed


def test_a_view_whose_store_can_not_be_started_again_ends_with_the_reason(
    installation: Any,
) -> None:
    port = free_port()
    installation.environment["PROMETHEUS_PORT"] = str(port)
    view = installation.start_verb("view")
    installation.address_of(view)

    # Stopped, so that it does not see that the store is gone before the port is taken.
    view.send_signal(signal.SIGSTOP)
    kill_store(installation)
    with socket.create_server(("127.0.0.1", port)):
        view.send_signal(signal.SIGCONT)
        assert view.wait(TIMEOUT_SECONDS) == 1

    log = installation.log_of(view)
    assert f"error: the store did not start: port {port} on 127.0.0.1 is already in use" in log
    assert "hint: stop that process, or set PROMETHEUS_PORT" in log


def test_a_store_that_nobody_needs_ends_by_itself(installation: Any) -> None:
    store = start_store(installation, "--linger-seconds", str(LINGER_SECONDS))

    assert store.wait(TIMEOUT_SECONDS) == 0, installation.log_of(store)
    assert "no Operator runs and nobody looks: ending" in installation.log_of(store)
    assert not (installation.home / "state" / "store.json").exists()


def test_a_store_goes_on_while_a_view_or_an_operator_needs_it(
    installation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(installation.home))
    with viewers.viewing():  # until the view does, which may take longer than the store lingers
        store = start_store(installation, "--linger-seconds", str(LINGER_SECONDS))
        installation.store_url()
        view = installation.start_verb("view")
        installation.address_of(view)

    def ends() -> bool:
        return wait_until(lambda: store.poll() is not None, LONGER_THAN_LINGERING_SECONDS)

    assert not ends()
    operator = installation.start_operator("--kind", "gold")
    installation.wait_for('up{job="mephisto"} == 1')
    view.terminate()
    assert view.wait(TIMEOUT_SECONDS) == 0
    assert not ends()
    operator.terminate()
    assert operator.wait(TIMEOUT_SECONDS) == 0
    assert store.wait(TIMEOUT_SECONDS) == 0, installation.log_of(store)
