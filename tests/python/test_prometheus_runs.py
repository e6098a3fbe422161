"""A real Prometheus under this process: told of rules, killed, its port taken meanwhile."""

from __future__ import annotations

import contextlib
import json
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

import psutil
import pytest

from mephisto_metrics.stack import engines, programs, prometheus
from mephisto_metrics.stack.back_off import FIRST_PAUSE_SECONDS, STARTS_TRIED
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.errors import StackError
from mephisto_metrics.stack.programs import InstalledProgram
from mephisto_metrics.stack.readiness import is_ready, wait_until
from mephisto_metrics.stack.retention import Retention
from mephisto_metrics.stack.supervision import Supervised

TIMEOUT_SECONDS = 60
LONGEST_PAUSE_SECONDS = FIRST_PAUSE_SECONDS * 2 ** (STARTS_TRIED - 2)
OPTIONS = EngineOptions(port=0, scrape_interval_seconds=60.0, retention=Retention(86400, 1024**3))
OWN_RULES = """
groups:
  - name: own
    rules: [{record: "own:up", expr: "up"}]
"""


@pytest.fixture
def program(
    needs_program: Callable[[str, str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> InstalledProgram:
    """Debian's, as that of a home of its own."""
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    path = Path(needs_program("prometheus", "prometheus"))
    installed = InstalledProgram("prometheus", "2.42.0", path, path.parent, is_ours=False)
    programs.record(installed)
    return installed


def data(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}/api/v1/{path}", timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)["data"]


@pytest.mark.usefixtures("program")
def test_rules_that_are_given_are_in_place_of_all_others(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text(OWN_RULES)
    options = replace(OPTIONS, rules=(path,))
    with engines.running("prometheus", options, print) as engine:
        groups = data(engine.url, "rules")["groups"]
    assert [(group["name"], group["file"]) for group in groups] == [("own", str(path))]


class Clock:
    """A clock that a test sets."""

    now_seconds = 0.0

    def __call__(self) -> float:
        return self.now_seconds


class Supervision:
    """A Prometheus that is looked after, without anybody waiting for a pause to be over."""

    def __init__(self, program: InstalledProgram) -> None:
        self.clock = Clock()
        self.said: list[str] = []
        self.prepared = prometheus.prepare(program, OPTIONS)
        self.supervised = Supervised(self.prepared, self.said.append, self.clock)

    def kill(self) -> None:
        psutil.Process(json.loads(self.prepared.state_path.read_text())["pid"]).kill()

    def notice_end(self) -> None:
        """See that it has ended, as it does within a moment."""
        noticed = len(self.said)

        def is_noticed() -> bool:
            self.supervised.check()
            return len(self.said) > noticed

        assert wait_until(is_noticed, TIMEOUT_SECONDS)

    def start_again(self) -> None:
        """Let the pause after an end be over."""
        self.clock.now_seconds += LONGEST_PAUSE_SECONDS
        self.supervised.check()


@pytest.fixture
def supervision(program: InstalledProgram) -> Iterator[Supervision]:
    supervision = Supervision(program)
    supervision.supervised.start()
    yield supervision
    supervision.supervised.stop()


@contextlib.contextmanager
def stranger_at(url: str) -> Iterator[None]:
    """Hold a port as soon as it can be had."""
    held: list[socket.socket] = []

    def can_be_had() -> bool:
        with contextlib.suppress(OSError):
            held.append(socket.create_server(("127.0.0.1", urlsplit(url).port)))
        return bool(held)

    assert wait_until(can_be_had, TIMEOUT_SECONDS)
    with held[0]:
        yield


def test_one_whose_port_is_taken_while_it_is_killed_goes_on_once_the_port_is_free(
    supervision: Supervision,
) -> None:
    supervision.kill()
    with stranger_at(supervision.prepared.url):
        supervision.notice_end()
        supervision.start_again()
        supervision.notice_end()
    supervision.start_again()
    assert wait_until(lambda: is_ready(supervision.prepared.url), TIMEOUT_SECONDS)
    assert [line.partition(":")[0] for line in supervision.said] == [
        "Prometheus ended (by signal 9)",
        "Prometheus ended (with status 1)",
    ]


def test_one_whose_port_stays_taken_is_given_up_with_the_reason_and_the_way_out(
    supervision: Supervision,
) -> None:
    supervision.kill()
    with stranger_at(supervision.prepared.url):
        for _ in range(STARTS_TRIED - 1):
            supervision.notice_end()
            supervision.start_again()
        with pytest.raises(StackError, match="address already in use") as raised:
            supervision.notice_end()
    assert f"ended {STARTS_TRIED} times in a row" in str(raised.value)
    assert "another program has taken the port meanwhile" in raised.value.hint
    assert "PROMETHEUS_PORT" in raised.value.hint
