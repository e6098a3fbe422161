"""The start and the end of a store's process, whoever comes or goes meanwhile."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from tests.answering import answers_at_once
from tests.stand_ins.prometheus import END_VARIABLE, START_VARIABLE, slow_prometheus

from mephisto_metrics.cli import run
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import keeper, programs, prometheus, settings, store
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.state import read_state, write_state
from mephisto_metrics.stack.store_state import StoreState

TIMEOUT_SECONDS = 30
FOR_EVER_SECONDS = "600"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(settings.STORE_PORT_VARIABLE, "0")
    monkeypatch.delenv(settings.STORE_VARIABLE, raising=False)
    yield tmp_path / "home"
    store.stop()


@pytest.fixture
def slow(home: Path, tmp_path: Path) -> None:
    """Let the store be a Prometheus that is as slow as the environment says."""
    assert not home.exists()
    programs.record(slow_prometheus(tmp_path))


def start_store(*options: str) -> subprocess.Popen[str]:
    """Start one by hand, as nobody needs to who has a command line."""
    command = [sys.executable, "-m", "mephisto_metrics.store", "--port", "0", *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def prometheus_pid() -> int:
    """Wait until a Prometheus has been started, and return its PID."""
    assert wait_until(prometheus.state_path().exists, TIMEOUT_SECONDS)
    state = read_state(prometheus.state_path())
    assert state is not None
    return state.pid


def in_background(monkeypatch: pytest.MonkeyPatch, **start: str) -> threading.Thread:
    """Look for a store in another thread, so that it can be disturbed."""
    for name, value in start.items():
        monkeypatch.setenv(name, value)

    def look() -> None:
        with pytest.raises(StackError, match="the store did not start"):
            store.ensure_running()

    thread = threading.Thread(target=look)
    thread.start()
    return thread


def is_somebody_alone() -> bool:
    """Whether another thread starts a store, or waits for one."""
    try:
        with store._alone(timeout_seconds=0.0):
            return False
    except StackError:
        return True


def says(process: subprocess.Popen[str], text: str) -> bool:
    """Wait until a process says something; False if it ends before."""
    assert process.stderr is not None
    return any(text in line for line in process.stderr)


def has_ended(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def log_of_stores(home: Path) -> str:
    return (home / "logs" / "store.log").read_text()


def state_files(home: Path) -> list[Path]:
    return list((home / "state").glob("**/*.json"))


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_store_while_its_prometheus_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv(START_VARIABLE, FOR_EVER_SECONDS)
    process = start_store("--kind", "prometheus")
    server = prometheus_pid()

    process.send_signal(number)

    _, said = process.communicate(timeout=TIMEOUT_SECONDS / 2)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert has_ended(server)
    assert state_files(home) == []


@pytest.mark.usefixtures("slow")
def test_ctrl_c_ends_a_view_and_all_that_it_has_begun_while_its_prometheus_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(START_VARIABLE, FOR_EVER_SECONDS)
    command = [sys.executable, "-m", "mephisto_metrics.cli", "view", "--viewer", "builtin"]
    view = subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True)
    server, process = prometheus_pid(), keeper.living()
    assert process is not None

    view.send_signal(signal.SIGINT)

    _, said = view.communicate(timeout=TIMEOUT_SECONDS / 2)
    assert view.returncode == 0, said
    assert "Traceback" not in said
    assert has_ended(server)
    assert has_ended(process.pid)
    assert state_files(home) == []


@pytest.mark.usefixtures("slow")
def test_nothing_is_left_of_a_store_that_is_killed_while_its_prometheus_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = in_background(monkeypatch, **{START_VARIABLE: FOR_EVER_SECONDS})
    server, process = prometheus_pid(), keeper.living()
    assert process is not None

    os.kill(process.pid, signal.SIGKILL)

    looking.join(TIMEOUT_SECONDS)
    assert has_ended(server)
    assert state_files(home) == []


@pytest.mark.usefixtures("slow")
def test_cleanup_ends_a_store_that_is_starting(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(START_VARIABLE, FOR_EVER_SECONDS)
    process = start_store("--kind", "prometheus")
    server = prometheus_pid()

    assert run(["cleanup"]) == 0

    assert f"stopped a store that was starting (PID {process.pid})" in capsys.readouterr().err
    assert process.wait(TIMEOUT_SECONDS) == 0
    assert has_ended(server)
    assert state_files(home) == []


@pytest.mark.usefixtures("slow")
def test_cleanup_ends_a_store_that_another_process_starts_and_waits_for(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looking = in_background(monkeypatch, **{START_VARIABLE: FOR_EVER_SECONDS})
    server, process = prometheus_pid(), keeper.living()
    assert process is not None

    assert run(["cleanup"]) == 0

    assert f"stopped a store that was starting (PID {process.pid})" in capsys.readouterr().err
    looking.join(TIMEOUT_SECONDS)
    assert has_ended(server)
    assert "told to end before it could serve" in log_of_stores(home)
    assert state_files(home) == []


@pytest.mark.usefixtures("slow")
def test_cleanup_ends_the_store_too_that_is_started_in_the_place_of_one_it_has_ended(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(START_VARIABLE, FOR_EVER_SECONDS)
    first = start_store("--kind", "prometheus")
    prometheus_pid()
    looking = in_background(monkeypatch)
    assert wait_until(is_somebody_alone, TIMEOUT_SECONDS)

    assert run(["cleanup"]) == 0

    looking.join(TIMEOUT_SECONDS)
    assert first.wait(TIMEOUT_SECONDS) == 0
    assert log_of_stores(home).count("starting the store") == 1
    assert keeper.living() is None
    assert state_files(home) == []


@pytest.mark.usefixtures("slow")
def test_two_cleanups_at_once_end_a_store_that_another_process_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = in_background(monkeypatch, **{START_VARIABLE: FOR_EVER_SECONDS})
    server = prometheus_pid()
    command = [sys.executable, "-m", "mephisto_metrics.cli", "cleanup"]

    cleanups = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    said = [cleanup.communicate(timeout=TIMEOUT_SECONDS)[1] for cleanup in cleanups]
    assert [cleanup.returncode for cleanup in cleanups] == [0, 0], said
    looking.join(TIMEOUT_SECONDS)
    assert has_ended(server)
    assert state_files(home) == []


def test_a_store_that_serves_is_not_ended_before_who_looks_for_it_has_seen_it(home: Path) -> None:
    running = store.ensure_running()
    store._stop_starting()
    assert store.running() == running


START_AND_GO = """
import os
from mephisto_metrics.stack import keeper, readiness
from mephisto_metrics.mephisto import serving
serving.ensure_store()
assert readiness.wait_until(lambda: keeper.living() is not None, 30)
{end}
"""


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), 9)"], ids=["ends", "is killed"])
def test_a_store_whose_operator_ends_while_it_starts_is_the_next_ones(home: Path, end: str) -> None:
    operator = [sys.executable, "-c", START_AND_GO.format(end=end)]
    ended = subprocess.run(operator, check=False, capture_output=True, text=True, timeout=60)
    assert (ended.stderr, ended.returncode) == ("", -9 if end else 0)
    process = keeper.living()
    assert process is not None

    running = store.ensure_running()

    assert running.pid == process.pid
    assert answers_at_once(running.url)
    assert log_of_stores(home).count("starting the store") == 1


@pytest.mark.usefixtures("slow")
def test_a_store_that_ends_by_itself_is_handed_to_nobody(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = tmp_path / "may end"
    monkeypatch.setenv(END_VARIABLE, str(may_end))
    ending = start_store("--kind", "prometheus", "--linger-seconds", "0")
    assert says(ending, "nobody looks: ending")
    assert not store.state_path().exists()

    with ThreadPoolExecutor() as pool:
        looking = pool.submit(store.ensure_running)
        assert wait_until(is_somebody_alone, TIMEOUT_SECONDS)
        assert ending.poll() is None, "it should take its time"
        may_end.touch()
        running = looking.result()

    assert has_ended(ending.pid)
    assert running.pid != ending.pid
    assert answers_at_once(running.url)
    assert "is the store of" not in log_of_stores(home), "another was tried beside it"
    ending.communicate()


def test_a_store_does_not_end_by_itself_while_somebody_looks_for_one(home: Path) -> None:
    write_state(store.state_path(), "builtin", "http://127.0.0.1:9", 5.0, {})
    with store._alone():
        assert not store.retire(lambda: False)
    assert not store.retire(lambda: True)
    assert store.running() is not None

    assert store.retire(lambda: False)
    assert state_files(home) == []


@pytest.mark.usefixtures("home")
def test_a_store_that_does_not_answer_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "LONGEST_SILENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf, keeper.being_it():
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        deaf.close()
        write_state(store.state_path(), "builtin", url, 5.0, {})
        named = rf"\(PID {os.getpid()}\) does not answer"
        with pytest.raises(StackError, match=named) as raised:
            store.ensure_running()
        store.state_path().unlink()
    assert "mephisto metrics cleanup" in raised.value.hint


@pytest.mark.parametrize("kind", ["builtin", "prometheus"])
@pytest.mark.usefixtures("slow")
def test_a_second_store_of_the_same_home_says_who_is_the_first_and_changes_nothing(
    home: Path, kind: str
) -> None:
    first = start_store("--kind", kind)
    assert wait_until(lambda: store.running() is not None, TIMEOUT_SECONDS)
    before = {path: path.read_bytes() for path in home.rglob("*.json")}
    servers = psutil.Process(first.pid).children()

    second = start_store("--kind", kind)

    _, said = second.communicate(timeout=TIMEOUT_SECONDS)
    assert second.returncode == 1
    assert f"process {first.pid} is the store of `{home}` already" in said
    assert "hint: use that one, or end it with `mephisto metrics cleanup`" in said
    assert "Traceback" not in said
    assert {path: path.read_bytes() for path in home.rglob("*.json")} == before
    assert psutil.Process(first.pid).children() == servers
    assert all(server.status() != psutil.STATUS_ZOMBIE for server in servers)
    first.terminate()
    assert first.wait(TIMEOUT_SECONDS) == 0


@pytest.mark.usefixtures("home")
def test_a_store_that_was_started_by_hand_at_the_same_moment_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_hand = []
    start = store._start

    def start_second(as_it_was: bool) -> StoreState:
        by_hand.append(start_store())
        assert wait_until(lambda: keeper.living() is not None, TIMEOUT_SECONDS)
        return start(as_it_was)

    monkeypatch.setattr(store, "_start", start_second)
    assert store.ensure_running().pid == by_hand[0].pid


def test_stores_of_two_homes_can_not_share_one_data_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = store.ensure_running()
    shared = home / "data" / "builtin"
    (tmp_path / "other" / "data").mkdir(parents=True)
    (tmp_path / "other" / "data" / "builtin").symlink_to(shared)
    with monkeypatch.context() as other:
        other.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "other"))
        named = rf"belongs to another store \(process {running.pid}\): stop that one"
        with pytest.raises(StackError, match=named):
            store.ensure_running()


@pytest.mark.parametrize("content", ["", "[]", '{"pid": "x", "start_time_seconds": 1}'])
def test_a_damaged_file_of_the_stores_process_is_as_good_as_none(home: Path, content: str) -> None:
    keeper.name(ProcessIdentity.current())
    assert keeper.living() is not None
    keeper.state_path().write_text(content)
    assert keeper.living() is None
