"""A port that is taken while a server of ours is down: told, and had again once it is free."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Callable

import psutil
import pytest
from tests.stand_ins.archives import grafana_release
from tests.stand_ins.running import as_installed, without_grafanas_variables

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import grafana, prometheus
from mephisto_metrics.stack.back_off import STARTS_TRIED
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.programs import InstalledProgram
from mephisto_metrics.stack.readiness import fetched, wait_until
from mephisto_metrics.stack.retention import Retention
from mephisto_metrics.stack.supervision import Program, Supervised

TIMEOUT_SECONDS = 60
ANSWER_SECONDS = 2.0


class Server:
    """A supervised server, which is checked by a clock that runs as a test wants."""

    def __init__(self, program: Program, health: str) -> None:
        self.url = program.url
        self._health = f"{program.url}{health}"
        self._now_seconds = 0.0
        self._said: list[str] = []
        # The data source that Grafana waits for as well has no part in this.
        program = replace(program, is_ready=self.answers)
        self.supervised = Supervised(program, self._said.append, lambda: self._now_seconds)
        self.supervised.start()

    def answers(self) -> bool:
        return fetched(self._health, ANSWER_SECONDS) is not None

    @property
    def pid(self) -> int:
        pid: int = json.loads(self.supervised.program.state_path.read_text())["pid"]
        return pid

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.wait_for_end()

    def wait_for_end(self) -> None:
        process = psutil.Process(self.pid)
        assert wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE, TIMEOUT_SECONDS)

    def notice_end(self) -> None:
        """Let its end be noticed, as soon as the last of its threads is gone."""
        noticed = len(self._said)

        def is_noticed() -> bool:
            self.supervised.check()
            return len(self._said) > noticed

        assert wait_until(is_noticed, TIMEOUT_SECONDS)

    def start_again(self) -> None:
        """Let its end be noticed, and the pause after that pass."""
        before = self.pid
        self.notice_end()
        while self.pid == before:
            self._now_seconds += 1.0
            self.supervised.check()

    def stranger(self) -> socket.socket:
        """Another program, that takes its port."""
        address = ("127.0.0.1", int(self.url.rpartition(":")[2]))
        taken: list[socket.socket] = []

        def takes_it() -> bool:
            with contextlib.suppress(OSError):  # a thread of the one that was killed has it still
                taken.append(socket.create_server(address))
            return bool(taken)

        assert wait_until(takes_it, TIMEOUT_SECONDS)
        return taken[0]


def prometheus_program(executable: str) -> Program:
    installed = InstalledProgram("prometheus", "2.42.0", Path(executable), Path("/"), is_ours=False)
    return prometheus.prepare(installed, EngineOptions(0, 5.0, Retention(3600, None)))


def grafana_program(folder: Path) -> Program:
    options = grafana.GrafanaOptions("127.0.0.1", 0, "admin", None, "http://127.0.0.1:9", 5.0)
    return grafana.prepare(as_installed(grafana_release(folder)), options)


@pytest.fixture
def server_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    needs_program: Callable[[str, str], str],
) -> Iterator[Callable[[str], Server]]:
    """Start one of that name; it is ended with the test."""
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    without_grafanas_variables(monkeypatch)
    with contextlib.ExitStack() as ended:

        def start(name: str) -> Server:
            if name == "Prometheus":
                program = prometheus_program(needs_program("prometheus", "prometheus"))
                server = Server(program, "/-/ready")
            else:
                server = Server(grafana_program(tmp_path), "/api/health")
            ended.callback(server.supervised.stop)
            return server

        yield start


@pytest.mark.parametrize(
    ("name", "variable"), [("Prometheus", "PROMETHEUS_PORT"), ("Grafana", "GRAFANA_PORT")]
)
def test_a_port_that_is_taken_is_had_again_once_it_is_free_and_else_the_reason_told(
    server_of: Callable[[str], Server], name: str, variable: str
) -> None:
    server = server_of(name)
    server.kill()
    with server.stranger():
        server.start_again()
        server.wait_for_end()
    server.start_again()
    assert wait_until(server.answers, TIMEOUT_SECONDS)

    server.kill()
    with server.stranger():
        for _ in range(STARTS_TRIED - 3):
            server.start_again()
            server.wait_for_end()
        named = f"(?s){name} ended {STARTS_TRIED} times in a row: .*address already in use"
        with pytest.raises(StackError, match=named) as raised:
            server.notice_end()
    assert variable in raised.value.hint
