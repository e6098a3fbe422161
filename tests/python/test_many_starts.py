"""A hundred starts and stops in a row: no process, file, descriptor, thread or port is left.

All in one process, which is quick; `tests/endurance` does it with the real ones.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from tests.answering import answers_at_once
from tests.ports import HOST, free_port

from mephisto_metrics import CollectorRegistry, start_http_server, stop_http_server
from mephisto_metrics.stack import engines, page, settings, store, targets, viewers
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.retention import Retention
from mephisto_metrics.stack.supervision import Program, Supervised

STARTS = 100
STARTS_OF_A_STORES_PROCESS = 3
TIMEOUT_SECONDS = 30

CHILDREN_OF_OTHER_TESTS: set[int] = set()


class Held(NamedTuple):
    """What this process has of the machine."""

    files: set[str]
    descriptors: int
    threads: int
    children: int
    """Those that have ended are among them until somebody has waited for them."""
    ports: set[int]

    @classmethod
    def now(cls, home: Path) -> Held:
        gc.collect()
        process = psutil.Process()
        listening = [one for one in process.net_connections("tcp") if one.status == "LISTEN"]
        return cls(
            files={str(path.relative_to(home)) for path in home.rglob("*")},
            descriptors=process.num_fds(),
            threads=process.num_threads(),
            children=len(child_pids() - CHILDREN_OF_OTHER_TESTS),
            ports={one.laddr.port for one in listening},
        )


def child_pids() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    for variable in (settings.STORE_PORT_VARIABLE, settings.VIEWER_PORT_VARIABLE):
        monkeypatch.setenv(variable, "0")
    CHILDREN_OF_OTHER_TESTS.clear()
    CHILDREN_OF_OTHER_TESTS.update(child_pids())
    yield tmp_path / "home"
    store.stop()


def assert_nothing_is_left(before: Held, home: Path) -> None:
    """What was held after the first time is held after the last."""
    assert wait_until(lambda: Held.now(home) == before, TIMEOUT_SECONDS), (before, Held.now(home))


def run_all(store_port: int, page_port: int, operator_port: int) -> None:
    """Start and stop what an Operator, a store and a view are made of, each on its port."""
    options = EngineOptions(store_port, 60.0, Retention(3600, None), rules=())
    with ExitStack() as stack:
        engine = stack.enter_context(engines.running("builtin", options, print))
        address = start_http_server(operator_port, registry=CollectorRegistry())
        stack.callback(stop_http_server, address)
        announcement = targets.Announcement(address)
        announcement.publish()
        stack.callback(announcement.withdraw)
        viewing = stack.enter_context(viewers.viewing())
        running = store.running()
        assert running is not None
        served = stack.enter_context(page.serving(running, HOST, page_port))
        viewing.shows(served.kind, served.url, served.start_url)
        assert answers_at_once(served.url)
        assert engine.url.endswith(f":{store_port}")


def test_of_store_page_and_operator_on_the_same_ports(home: Path) -> None:
    ports = (free_port(), free_port(), free_port())
    run_all(*ports)
    before = Held.now(home)
    for _ in range(STARTS):
        run_all(*ports)

    assert_nothing_is_left(before, home)
    assert list((home / "state").glob("**/*.json")) == []
    assert list((home / "targets").iterdir()) == []


def test_of_a_server_that_is_not_ours(home: Path) -> None:
    def run_once() -> None:
        supervised = Supervised(program, print)
        supervised.start()
        supervised.stop()

    program = Program(
        name="Server",
        command=("sleep", "600"),
        environment={},
        log_path=home / "logs" / "server.log",
        state_path=home / "state" / "server.json",
        url="http://127.0.0.1:9",
        is_ready=lambda: True,
        start_timeout_seconds=TIMEOUT_SECONDS,
        explain=lambda _: None,
    )
    run_once()
    before = Held.now(home)
    for _ in range(STARTS):
        run_once()

    assert_nothing_is_left(before, home)
    assert before.children == 0


def test_of_the_process_of_a_store(home: Path) -> None:
    def run_once() -> int:
        running = store.ensure_running()
        assert answers_at_once(running.url)
        assert store.stop()
        assert running.pid is not None
        return running.pid

    run_once()
    before = Held.now(home)
    assert before.children <= 1, "the one that has ended is waited for at the next start"
    pids = [run_once() for _ in range(STARTS_OF_A_STORES_PROCESS)]

    assert_nothing_is_left(before, home)
    assert len(set(pids)) == STARTS_OF_A_STORES_PROCESS
    assert [pid for pid in psutil.pids() if home_of(pid) == str(home)] == []


def home_of(pid: int) -> str:
    try:
        return psutil.Process(pid).environ().get("MEPHISTO_METRICS_HOME", "")
    except psutil.Error:
        return ""
