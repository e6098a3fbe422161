"""What happens to processes from outside: killed, put to sleep, left without a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from tests.answering import answers_at_once
from tests.e2e.conftest import SCRIPTS
from tests.ports import free_port

from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import is_ready, wait_until

TIMEOUT_SECONDS = 60
SLEEP_SECONDS = 5
OPERATOR = (sys.executable, "-m", "mephisto_metrics.simulation.packaged")
COMMAND = str(SCRIPTS / "mephisto-metrics")


def doctor(installation: Any) -> dict[str, dict[str, Any]]:
    """What the doctor finds, by id."""
    findings = json.loads(installation.run("doctor", "--json").stdout)["findings"]
    return {finding["id"]: finding for finding in findings}


def parts(installation: Any) -> list[int]:
    """The PIDs of all that runs for a home."""
    status = installation.status()
    state = installation.home / "state"
    names = [name for name in ("prometheus", "grafana") if (state / f"{name}.json").exists()]
    running = [status["store"], *status["viewers"], *status["operators"]]
    return [*map(installation.server_pid, names), *(part["pid"] for part in running)]


def test_a_view_that_was_killed_leaves_the_store_and_its_port_to_the_next(
    installation: Any,
) -> None:
    installation.environment["GRAFANA_PORT"] = str(free_port())
    view = installation.start_verb("view")
    address = installation.address_of(view)
    store = installation.status()["store"]
    view.kill()
    view.wait()

    assert "viewer.none" in doctor(installation)
    assert installation.address_of(installation.start_verb("view")) == address
    assert installation.status()["store"] == store


@pytest.fixture(params=["builtin", "prometheus"])
def running(
    request: pytest.FixtureRequest, installation: Any, needs_program: Callable[[str, str], str]
) -> Any:
    """An Operator that is scraped by a store of each kind, and a page."""
    if request.param == "prometheus":
        installation.use_prometheus(needs_program("prometheus", "prometheus"))
    installation.start(*OPERATOR, is_read=False)
    installation.page = installation.address_of(installation.start_verb("view"))
    installation.wait_for('up{job="mephisto"} == 1')
    return installation


def test_all_goes_on_after_a_laptop_has_slept(running: Any) -> None:
    asleep = parts(running)
    began = time.time()
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    try:
        found = doctor(running)
        slept_seconds = max(0.0, SLEEP_SECONDS - (time.time() - began))
        time.sleep(slept_seconds)  # what is tested is that time passes
    finally:
        for pid in asleep:
            os.kill(pid, signal.SIGCONT)
    woke = time.time()

    for area in ("store", "viewer", "operators"):
        assert found[f"{area}.suspended"]["command"].startswith("kill -CONT ")
    running.wait_for(f'timestamp(up{{job="mephisto"}} == 1) > {woke + 3}')
    assert parts(running) == asleep, "a part was started again"
    assert answers_at_once(running.page)
    found_series = running.query('up{job="mephisto"}[1m]')
    after = [at for series in found_series for at, _ in series["values"] if at >= woke]
    seconds = max(after) - woke
    assert len(after) <= seconds + 2, f"more than one scrape a second: {after}"

    def is_all_well() -> bool:
        nonlocal found
        found = doctor(running)
        problems = [one for one in found.values() if one["level"] == "problem"]
        return not problems and {"store.well", "viewer.well", "operators.well"} <= found.keys()

    # The last scrape, which the doctor goes by, may have come too late: the next mends that.
    assert wait_until(is_all_well, TIMEOUT_SECONDS), found


class Terminal:
    """A terminal that a view runs in, until it is closed."""

    def __init__(self, setsid: str, installation: Any, *before: str) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [setsid, "--ctty", *before, COMMAND, "view"],
            env={**installation.environment, "TERM": "xterm"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=installation.home.parent,
        )
        os.close(slave)

    def close(self) -> None:
        """Close it, as a window is closed."""
        os.close(self._master)


@pytest.fixture
def terminal_of(
    installation: Any, needs_program: Callable[[str, str], str]
) -> Callable[..., Terminal]:
    """Open a terminal with a view in it, behind other programs if there are any."""
    setsid = needs_program("setsid", "util-linux")
    return lambda *before: Terminal(setsid, installation, *before)


def wait_until_shown(installation: Any) -> str:
    def url() -> str | None:
        viewers = installation.status()["viewers"]
        return viewers[0]["url"] if viewers else None

    assert wait_until(lambda: url() is not None, TIMEOUT_SECONDS)
    return str(url())


@pytest.mark.parametrize("are_installed", [False, True])
def test_a_view_whose_terminal_is_closed_ends_in_order(
    installation: Any,
    terminal_of: Callable[..., Terminal],
    needs_program: Callable[[str, str], str],
    tmp_path: Path,
    are_installed: bool,
) -> None:
    if are_installed:
        installation.use_prometheus(needs_program("prometheus", "prometheus"))
        installation.use_grafana(tmp_path / "archive")
    terminal = terminal_of()
    wait_until_shown(installation)
    running = parts(installation)
    assert len(running) == (4 if are_installed else 2)

    terminal.close()

    assert terminal.process.wait(TIMEOUT_SECONDS) == 0
    assert wait_until(lambda: not any(map(psutil.pid_exists, running)), TIMEOUT_SECONDS)
    assert list((installation.home / "state").glob("**/*.json")) == []


def test_under_nohup_a_view_goes_on_without_its_terminal(
    installation: Any, terminal_of: Callable[..., Terminal]
) -> None:
    terminal = terminal_of("nohup")
    address = wait_until_shown(installation)
    terminal.close()
    try:
        store = installation.status()["store"]["pid"]
        os.kill(store, signal.SIGKILL)  # it goes on to look after the store, and tells of it

        def has_another() -> bool:
            now = installation.status()["store"]
            return now is not None and now["pid"] != store

        assert wait_until(has_another, TIMEOUT_SECONDS)
        assert wait_until(lambda: is_ready(address), TIMEOUT_SECONDS)
        assert terminal.process.poll() is None
    finally:
        terminal.process.terminate()
    assert terminal.process.wait(TIMEOUT_SECONDS) == 0


def test_what_is_deaf_to_a_hangup_goes_on_with_nobody_to_write_to(
    installation: Any, terminal_of: Callable[..., Terminal]
) -> None:
    terminal = terminal_of("sh", "-c", 'trap "" HUP; exec "$@"', "sh")
    address = wait_until_shown(installation)
    terminal.close()
    try:
        (viewer,) = installation.status()["viewers"]
        identity = ProcessIdentity.of(psutil.Process(viewer["pid"]))
        assert not wait_until(lambda: identity.find() is None, 3)
        assert answers_at_once(address)
    finally:
        terminal.process.terminate()
    assert terminal.process.wait(TIMEOUT_SECONDS) == 0
