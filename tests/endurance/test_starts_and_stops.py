"""A hundred starts and stops in a row of the real processes: nothing is left, and nothing grows."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import deque
from typing import Callable, NamedTuple

import psutil
import pytest
from tests.answering import answers_at_once
from tests.e2e.conftest import Installation
from tests.endurance.traces import Traces, still_there, traces_of

from mephisto_metrics.stack.readiness import is_ready, wait_until

STARTS = 100
TIMEOUT_SECONDS = 60
STOPS = (signal.SIGINT, signal.SIGTERM)
OPERATORS_AT_ONCE = 4
READER_DESCRIPTORS = 2
"""The database and its log."""


@pytest.mark.parametrize("store", ["builtin", "prometheus"])
def test_of_views_with_their_store(
    installation: Installation, needs_program: Callable[[str, str], str], store: str
) -> None:
    if store == "prometheus":
        installation.use_prometheus(needs_program("prometheus", "prometheus"))
    started = []
    for number in range(STARTS):
        started += start_and_stop_view(installation, STOPS[number % len(STOPS)])
        if number == 1:
            before = traces_of(installation)

    assert_nothing_is_left(installation, before, started)
    # The view itself, what keeps the store, and Prometheus.
    assert len(started) == STARTS * (3 if store == "prometheus" else 2)


def start_and_stop_view(installation: Installation, stop: signal.Signals) -> list[psutil.Process]:
    """Return the processes that there were."""
    view = installation.start_verb("view")
    assert answers_at_once(installation.address_of(view))
    process = psutil.Process(view.pid)
    started = [process, *process.children(recursive=True)]
    view.send_signal(stop)
    assert view.wait(TIMEOUT_SECONDS) == 0, installation.log_of(view)
    return started


def assert_nothing_is_left(
    installation: Installation, before: Traces, started: list[psutil.Process]
) -> None:
    # Whoever inherits a process waits for it in its own time.
    assert wait_until(lambda: still_there(started) == [], TIMEOUT_SECONDS), still_there(started)
    after = traces_of(installation)
    assert after == before
    assert after.processes == []
    assert after.ports == set()


OPERATOR = """
import sys
from mephisto_metrics import Counter
from mephisto_metrics.mephisto import serving
counted = Counter("starts", "How often it was started.")
serving.ensure_store()
serving.add_operator()
counted.inc()
sys.stdin.read()
serving.remove_operator()
"""


class Ending(NamedTuple):
    """How an Operator's process ends."""

    signal: signal.Signals | None
    """None: its program ends, as its stdin does."""
    status: int


ENDINGS = (
    Ending(None, 0),
    Ending(signal.SIGINT, -signal.SIGINT),
    Ending(signal.SIGTERM, -signal.SIGTERM),
    Ending(signal.SIGKILL, -signal.SIGKILL),
)


@pytest.fixture
def store(installation: Installation) -> psutil.Process:
    """A store that runs meanwhile."""
    installation.environment["MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS"] = "0.5"
    command = (sys.executable, "-m", "mephisto_metrics.store", "--linger-seconds", "600")
    port = installation.environment["PROMETHEUS_PORT"]
    started = installation.start(
        *command, "--port", port, "--scrape-interval-seconds", "0.5", is_read=False
    )
    assert wait_until(lambda: is_ready(f"http://127.0.0.1:{port}"), TIMEOUT_SECONDS)
    return psutil.Process(started.pid)


def test_of_operators_while_a_store_runs(installation: Installation, store: psutil.Process) -> None:
    come_and_go(installation, 2)
    before, held_before = traces_of(installation), held_by(store)
    come_and_go(installation, STARTS - 2)

    assert traces_of(installation) == before
    assert len(before.processes) == len(before.ports) == 1, "the store alone"
    assert wait_until(lambda: held_by(store).is_no_more_than(held_before), TIMEOUT_SECONDS), (
        held_before,
        held_by(store),
    )


class Held(NamedTuple):
    """What a process has of the machine."""

    descriptors: int
    """All but those of the database."""
    database_descriptors: int
    threads: int

    def is_no_more_than(self, before: Held) -> bool:
        # There are as many threads, and as many readers of the database, as were busy at once, and
        # they wait for more to do.
        threads = before.threads + OPERATORS_AT_ONCE
        readers = before.database_descriptors + READER_DESCRIPTORS * OPERATORS_AT_ONCE
        return (
            self.descriptors <= before.descriptors
            and self.database_descriptors <= readers
            and self.threads <= threads
        )


def held_by(process: psutil.Process) -> Held:
    database = sum("samples.sqlite" in file.path for file in process.open_files())
    return Held(process.num_fds() - database, database, process.num_threads())


def come_and_go(installation: Installation, count: int) -> None:
    """Start and end Operators, some at once, and wait until the store has seen all go."""
    running: deque[subprocess.Popen[bytes]] = deque()
    for number in range(count):
        if len(running) == OPERATORS_AT_ONCE:
            end(installation, running.popleft(), ENDINGS[number % len(ENDINGS)])
        running.append(start_operator(installation))
    for number, operator in enumerate(running):
        end(installation, operator, ENDINGS[number % len(ENDINGS)])
    own = {"store.json"}
    targets = installation.home / "targets"
    assert wait_until(lambda: {path.name for path in targets.iterdir()} == own, TIMEOUT_SECONDS)


def start_operator(installation: Installation) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", OPERATOR],
        env=installation.environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def end(installation: Installation, operator: subprocess.Popen[bytes], ending: Ending) -> None:
    """End an Operator whose count the store has by now."""
    installation.wait_for(f'starts_total{{pid="{operator.pid}"}} == 1')
    if ending.signal is not None:
        operator.send_signal(ending.signal)
    operator.communicate(timeout=TIMEOUT_SECONDS)
    assert operator.returncode == ending.status
