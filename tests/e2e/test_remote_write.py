"""Two machines with an Operator and a store each, and a VictoriaMetrics that both send to."""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest
from tests.e2e.asking import Answer
from tests.e2e.board_queries import BOARDS, panel_queries
from tests.e2e.conftest import Installation
from tests.e2e.namespaces import Namespace, NamespaceError, namespace
from tests.ports import free_port

from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 90
AWAY_SECONDS = 60
USER, PASSWORD = "operators", "a secret, of two machines"
CREDENTIALS = {"Authorization": f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"}

Series = dict[tuple[tuple[str, str], ...], dict[int, float]]


class Machine(NamedTuple):
    """An Operator and a store that nobody outside can ask."""

    installation: Installation
    namespace: Namespace

    def metric(self, name: str) -> float:
        """Return what the store says of its remote write now."""
        (text,) = self.namespace.fetch(f"{self.installation.store_url()}/metrics")
        found = re.search(rf"^mephisto_store_remote_write_{name} (\S+)$", text, re.MULTILINE)
        assert found, text
        return float(found[1])

    def results(self, expressions: list[str], at_seconds: float) -> list[Any]:
        """Return the store's results of instant queries."""
        store_url = self.installation.store_url()

        def url(expression: str) -> str:
            query = urllib.parse.urlencode({"query": expression, "time": f"{at_seconds:.3f}"})
            return f"{store_url}/api/v1/query?{query}"

        texts = self.namespace.fetch(*map(url, expressions))
        return [json.loads(text)["data"]["result"] for text in texts]

    def samples(self, until_seconds: float) -> Series:
        """Return all samples of the store, but for stale markers."""
        (result,) = self.results(['{__name__=~".+"}[1h]'], until_seconds)
        return {
            tuple(sorted(series["metric"].items())): {
                round(timestamp * 1000): float(value) for timestamp, value in series["values"]
            }
            for series in result
        }


class VictoriaMetrics:
    """Debian's, which can be stopped and started again over the same data."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._command = [
            program,
            f"-storageDataPath={folder / 'receiver'}",
            f"-httpListenAddr=:{self.port}",
            f"-httpAuth.username={USER}",
            f"-httpAuth.password={PASSWORD}",
            "-retentionPeriod=1d",
            # It would else show nothing of the last half minute.
            "-search.latencyOffset=0s",
            "-search.disableCache",
        ]

    def start(self) -> None:
        with (self._folder / "receiver.log").open("a") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{self.port}/health"
        assert wait_until(lambda: is_answered(url), TIMEOUT_SECONDS), self._folder

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(TIMEOUT_SECONDS)

    def get(self, path: str, **parameters: str) -> str:
        url = f"http://127.0.0.1:{self.port}/{path}?{urllib.parse.urlencode(parameters)}"
        request = urllib.request.Request(url, headers=CREDENTIALS)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode())

    def instant(self, expression: str, at_seconds: float) -> Answer:
        """Return the answer to an instant query, without what tells one machine from another."""
        text = self.get("api/v1/query", query=expression, time=f"{at_seconds:.3f}")
        body = json.loads(text)
        assert body["status"] == "success", body
        return {
            unnamed(series["metric"]): float(series["value"][1])
            for series in body["data"]["result"]
        }

    def samples(self, machine: str) -> Series:
        """Return all samples that a machine has sent, but for stale markers."""
        self.get("internal/force_flush")
        text = self.get("api/v1/export", **{"match[]": f'{{machine="{machine}"}}'})
        exported: Series = {}
        for series in map(json.loads, text.splitlines()):
            points = zip(series["timestamps"], series["values"])
            kept = {time_ms: number(value) for time_ms, value in points if value is not None}
            exported.setdefault(unnamed(series["metric"]), {}).update(kept)
        return exported


def is_answered(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
        return True
    return False


def number(value: float | str) -> float:
    return float(value) if not isinstance(value, str) else float(value.replace("Infinity", "inf"))


def unnamed(metric: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in metric.items() if name != "machine"))


@pytest.fixture
def receiver(needs_program: Callable[[str, str], str], tmp_path: Path) -> Iterator[VictoriaMetrics]:
    receiver = VictoriaMetrics(needs_program("victoria-metrics", "victoria-metrics"), tmp_path)
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture
def machines(
    needs_program: Callable[[str, str], str],
    missing: Callable[[str, str], None],
    receiver: VictoriaMetrics,
    tmp_path: Path,
) -> Iterator[list[Machine]]:
    """Two, each with an Operator that has begun its store."""
    needs_program("ip", "iproute2")
    password_file = tmp_path / "password"
    password_file.write_text(f"{PASSWORD}\n")
    with contextlib.ExitStack() as made:
        machines = []
        for number in (1, 2):
            try:
                network = made.enter_context(namespace(number))
            except NamespaceError as error:
                missing(f"network namespaces ({error})", "run as root, with CAP_SYS_ADMIN")
            installation = Installation(tmp_path / f"home-{number}", network.prefix)
            made.callback(installation.close)
            installation.environment.update(
                MEPHISTO_METRICS_REMOTE_WRITE=(
                    f"http://{network.host_address}:{receiver.port}/api/v1/write"
                ),
                MEPHISTO_METRICS_REMOTE_USER=USER,
                MEPHISTO_METRICS_REMOTE_PASSWORD_FILE=str(password_file),
                MEPHISTO_METRICS_REMOTE_LABELS=f"machine=machine-{number}",
            )
            installation.start_operator("--seed", str(number))
            machines.append(Machine(installation, network))
        yield machines


def wait_for(receiver: VictoriaMetrics, expression: str) -> None:
    def has_result() -> bool:
        return bool(receiver.instant(expression, time.time()))

    assert wait_until(has_result, TIMEOUT_SECONDS), expression


def wait_until_sent(machine: Machine) -> None:
    assert wait_until(lambda: machine.metric("seconds_behind") < 5, TIMEOUT_SECONDS)


def kill_and_restart_store(machine: Machine) -> None:
    """Kill the store as the system would, and start another over what it left.

    The Operator does so too, and may come first.
    """
    state = json.loads((machine.installation.home / "state" / "store.json").read_text())
    os.kill(state["pid"], signal.SIGKILL)
    started = machine.installation.start(
        *(sys.executable, "-m", "mephisto_metrics.store", "--port", "0"),
        *("--scrape-interval-seconds", "1", "--linger-seconds", "600"),
        is_read=False,
    )

    def serves() -> bool:
        path = machine.installation.home / "state" / "store.json"
        return path.exists() and json.loads(path.read_text())["pid"] != state["pid"]

    assert wait_until(serves, TIMEOUT_SECONDS), machine.installation.log_of(started)


@pytest.mark.timeout(600)  # a minute of it is the receiver's absence
def test_nothing_is_lost_while_the_receiver_is_away_and_the_boards_work_over_it(
    receiver: VictoriaMetrics, machines: list[Machine]
) -> None:
    wait_for(receiver, "count(count by (machine) (database_latency_seconds_count)) == 2")

    receiver.stop()
    back_at = time.monotonic() + AWAY_SECONDS
    kill_and_restart_store(machines[0])
    time.sleep(max(0.0, back_at - time.monotonic()))  # what is tested is a minute's absence
    assert all(machine.metric("seconds_behind") > AWAY_SECONDS / 2 for machine in machines)
    receiver.start()
    for machine in machines:
        wait_until_sent(machine)

    end = time.time() - 10
    for machine in machines:
        assert machine.metric("samples_dropped_total") == 0
        assert machine.metric("samples_failed_total") == 0
        assert_all_sent(machine.samples(end), receiver.samples(name_of(machines, machine)))
    assert_boards_work(receiver, machines, end)


def name_of(machines: list[Machine], machine: Machine) -> str:
    return f"machine-{machines.index(machine) + 1}"


def assert_all_sent(kept: Series, received: Series) -> None:
    """VictoriaMetrics keeps some fifteen digits of a number, and no NaN but stale markers."""
    assert len(kept) > 100
    lost = []
    for labels, samples in kept.items():
        for time_ms, value in samples.items():
            there = received.get(labels, {}).get(time_ms, math.nan)
            if not math.isnan(value) and not math.isclose(value, there, rel_tol=1e-12):
                lost.append((labels, time_ms, value, there))
    assert not lost, (len(lost), lost[:5])


def assert_boards_work(
    receiver: VictoriaMetrics, machines: list[Machine], at_seconds: float
) -> None:
    """Each panel's query has an answer, on the main board with the series of both stores."""
    main = next(board["title"] for board in BOARDS if board["uid"] == "mephisto")
    queries = list(panel_queries(60_000))
    expressions = [query.expression for query in queries]
    here = [machine.results(expressions, at_seconds) for machine in machines]
    for query, *results in zip(queries, *here):
        there = receiver.instant(query.expression, at_seconds)
        if query.board == main and not query.is_filtered:
            series = [one for result in results for one in result]
            possibly = {unnamed(one["metric"]) for one in series}
            # It counts from the sample before a window, and knows no quantile of nothing.
            surely = {unnamed(one["metric"]) for one in series if one["value"][1] != "NaN"}
            assert surely <= there.keys() <= possibly, query.where
