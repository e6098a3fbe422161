"""A server that is not ours: started, watched, started again, given up, ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import psutil
import pytest

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.back_off import FIRST_PAUSE_SECONDS, HEALTHY_SECONDS, STARTS_TRIED
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.supervision import Program, Supervised, stop_left_behind

TIMEOUT_SECONDS = 30
SERVES = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVES}"
FAILS = "import sys; print('the cellar is full'); sys.exit(3)"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_seconds = 0.0

    def __call__(self) -> float:
        return self.now_seconds


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    """Make a supervised Python program; those that still run are ended."""
    made: list[Supervised] = []
    said: list[str] = []

    def make(code: str, clock: Callable[[], float] = lambda: 0.0, **changes: object) -> Supervised:
        sign = tmp_path / "ready"
        sign.unlink(missing_ok=True)
        values = {
            "name": "Server",
            "command": (sys.executable, "-c", code, str(sign)),
            "environment": {"COLOUR": "green"},
            "log_path": tmp_path / "logs" / "server.log",
            "state_path": tmp_path / "state" / "server.json",
            "url": "http://127.0.0.1:9",
            "is_ready": sign.exists,
            "start_timeout_seconds": TIMEOUT_SECONDS,
            "explain": lambda lines: "empty it" if "full" in "".join(lines) else None,
            **changes,
        }
        supervised = Supervised(Program(**values), said.append, clock)  # type: ignore[arg-type]
        supervised.said = said  # type: ignore[attr-defined]
        made.append(supervised)
        return supervised

    yield make
    for supervised in made:
        supervised.stop()


def pid_of(supervised: Supervised) -> int:
    pid: int = json.loads(supervised.program.state_path.read_text())["pid"]
    return pid


def kill(supervised: Supervised) -> None:
    process = psutil.Process(pid_of(supervised))
    process.kill()
    assert wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE, TIMEOUT_SECONDS)


def test_start_returns_when_the_server_is_ready_and_stop_leaves_nothing(
    make: Callable[..., Supervised],
) -> None:
    supervised = make(SERVES)
    supervised.start()

    pid = pid_of(supervised)
    assert psutil.Process(pid).environ()["COLOUR"] == "green"
    assert os.getsid(pid) == pid, "a Ctrl-C in our terminal would reach it"

    supervised.stop()
    supervised.stop()
    assert not psutil.pid_exists(pid)
    assert not supervised.program.state_path.exists()


def test_a_server_that_ends_at_once_is_explained_with_its_last_words(
    make: Callable[..., Supervised],
) -> None:
    with pytest.raises(StackError, match="Server did not start: the cellar is full") as raised:
        make(FAILS).start()
    assert raised.value.hint == "empty it"


def test_a_server_without_last_words_is_explained_by_its_log(
    make: Callable[..., Supervised],
) -> None:
    supervised = make("raise SystemExit(1)", explain=lambda _: None)
    with pytest.raises(StackError, match="it gave no reason") as raised:
        supervised.start()
    assert str(supervised.program.log_path) in raised.value.hint


def test_a_server_that_does_not_become_ready_is_ended(make: Callable[..., Supervised]) -> None:
    supervised = make(SERVES, is_ready=lambda: False, start_timeout_seconds=0.2)
    with pytest.raises(StackError, match="was not ready after 0 s"):
        supervised.start()
    assert not supervised.program.state_path.exists()


def test_a_program_that_is_gone_is_named_with_the_way_out(make: Callable[..., Supervised]) -> None:
    supervised = make(SERVES, command=("/nowhere/server",))
    with pytest.raises(StackError, match="`/nowhere/server`") as raised:
        supervised.start()
    assert "mephisto metrics reinstall --only server" in raised.value.hint


def test_a_server_that_can_not_be_started_again_for_a_while_is_not_given_up(
    make: Callable[..., Supervised],
) -> None:
    clock = Clock()
    supervised = make(SERVES, clock)
    supervised.start()
    kill(supervised)
    supervised.check()
    logs = supervised.program.log_path.parent
    logs.rename(logs.with_name("elsewhere"))
    logs.touch()  # as on a full disk, nothing can be written there

    clock.now_seconds += FIRST_PAUSE_SECONDS
    supervised.check()
    assert supervised.said[-1].endswith("can not be used: File exists: trying again in 2 s")  # type: ignore[attr-defined]

    logs.unlink()
    clock.now_seconds += 2 * FIRST_PAUSE_SECONDS
    supervised.check()
    assert psutil.pid_exists(pid_of(supervised))


def test_a_server_that_dies_is_started_again_after_a_pause(make: Callable[..., Supervised]) -> None:
    clock = Clock()
    supervised = make(SERVES, clock)
    supervised.start()
    first = pid_of(supervised)
    kill(supervised)

    supervised.check()
    assert supervised.said == ["Server ended (by signal 9): starting it again in 1 s"]  # type: ignore[attr-defined]
    supervised.check()
    assert pid_of(supervised) == first, "the pause is not over"

    clock.now_seconds += FIRST_PAUSE_SECONDS
    supervised.check()
    assert pid_of(supervised) != first
    assert psutil.pid_exists(pid_of(supervised))


def test_a_server_that_dies_again_and_again_is_given_up_with_its_reason(
    make: Callable[..., Supervised], tmp_path: Path
) -> None:
    clock = Clock()
    supervised = make(SERVES, clock)
    supervised.start()
    pauses = []
    for _ in range(STARTS_TRIED - 1):
        kill(supervised)
        before = pid_of(supervised)
        supervised.check()
        start = clock.now_seconds
        while pid_of(supervised) == before:
            clock.now_seconds += 0.5
            supervised.check()
        pauses.append(clock.now_seconds - start)
    assert pauses == [1, 2, 4, 8]

    kill(supervised)
    with pytest.raises(StackError, match=f"ended {STARTS_TRIED} times in a row"):
        supervised.check()


def test_a_server_that_ran_for_long_has_not_failed_in_a_row(
    make: Callable[..., Supervised],
) -> None:
    clock = Clock()
    supervised = make(SERVES, clock)
    supervised.start()
    for _ in range(2 * STARTS_TRIED):
        kill(supervised)
        supervised.check()
        clock.now_seconds += FIRST_PAUSE_SECONDS
        supervised.check()
        clock.now_seconds += HEALTHY_SECONDS
        supervised.check()


def test_what_a_killed_supervisor_left_behind_is_ended_first(
    make: Callable[..., Supervised],
) -> None:
    left_behind = make(SERVES)
    left_behind.start()
    first = pid_of(left_behind)

    second = make(SERVES)
    second.start()

    assert psutil.Process(first).status() == psutil.STATUS_ZOMBIE, "we are its parent"
    assert second.said == [f"stopped a Server left behind (PID {first})"]  # type: ignore[attr-defined]


def test_a_stranger_with_the_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started = ProcessIdentity.of(psutil.Process(stranger.pid)).start_time_seconds
        path = tmp_path / "server.json"
        state = {"kind": "server", "pid": stranger.pid, "start_time_seconds": started + 60}
        path.write_text(json.dumps({**state, "url": "http://127.0.0.1:9"}))

        assert stop_left_behind(path) is None
        assert stranger.poll() is None
        assert not path.exists()
    finally:
        stranger.kill()
        stranger.communicate()


def test_a_server_that_does_not_listen_to_sigterm_is_killed(
    make: Callable[..., Supervised], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mephisto_metrics.stack.supervision.STOP_PATIENCE_SECONDS", 0.2)
    supervised = make(STUBBORN)
    supervised.start()
    pid = pid_of(supervised)

    supervised.stop()
    assert not psutil.pid_exists(pid)
