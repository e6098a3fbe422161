"""Operators look for a store beside their work: never held, told once, tried again."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.disks import fill, make_read_only
from tests.stand_ins.prometheus import START_VARIABLE, slow_prometheus

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.mephisto.outages import ANNOUNCEMENT, STORE, Outages
from mephisto_metrics.mephisto.recording import Recording
from mephisto_metrics.stack import programs, store
from mephisto_metrics.stack.back_off import LONGEST_PAUSE_SECONDS
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 30
NOT_HELD_SECONDS = 25.0
"""On a machine that does much else; a start of a store that fails takes minutes here."""
RECORDED = "the metrics of this Operator are recorded"


class Stores:
    """Stands for what starts stores: counts, fails or hangs as a test says."""

    def __init__(self) -> None:
        self.looks = 0
        self.error: Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def ensure_recording(self) -> None:
        self.looks += 1
        assert self.may_go_on.wait(TIMEOUT_SECONDS)
        if self.error is not None:
            raise self.error


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    stores = Stores()
    monkeypatch.setattr(store, "ensure_recording", stores.ensure_recording)
    yield stores
    stores.may_go_on.set()


def not_recorded(reason: str) -> str:
    return f"the metrics of this Operator are not recorded: {reason}; mend it"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged so far."""
    caplog.set_level(logging.INFO, "mephisto_metrics")
    return lambda: [record.message for record in caplog.records]


class Looking:
    """A recording with a clock that a test sets."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.now_seconds = 0.0
        self.recording = Recording(Outages(), lambda: self.now_seconds)

    def after(self, pause_seconds: float, error: str | None = None) -> int:
        """Ask again after a pause; return whether a store was looked for: 1 or 0."""
        self.now_seconds += pause_seconds
        self._stores.error = None if error is None else StackError(error, "mend it")
        before = self._stores.looks
        self.recording.ensure()
        assert wait_until(lambda: not self.recording._is_looking, TIMEOUT_SECONDS)
        return self._stores.looks - before


@pytest.fixture
def looking(stores: Stores) -> Looking:
    return Looking(stores)


def test_who_asks_is_not_held_and_one_looks_at_a_time(stores: Stores, looking: Looking) -> None:
    stores.may_go_on.clear()
    for _ in range(3):
        looking.recording.ensure()  # returns, or this test hangs
    assert wait_until(lambda: stores.looks > 0, TIMEOUT_SECONDS)
    stores.may_go_on.set()
    assert wait_until(lambda: not looking.recording._is_looking, TIMEOUT_SECONDS)
    assert stores.looks == 1
    assert looking.after(0.0) == 1


def test_a_store_that_can_not_start_is_told_once_and_tried_again_after_longer_pauses(
    looking: Looking, said: Callable[[], list[str]]
) -> None:
    assert looking.after(0.0, "taken at 12:00:00") == 1
    pauses = []
    for attempt in range(9):
        pause_seconds = 0
        while not looking.after(1.0, f"taken at 12:00:0{attempt + 1}"):
            pause_seconds += 1
        pauses.append(pause_seconds + 1)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, LONGEST_PAUSE_SECONDS]
    assert said() == [not_recorded("taken at 12:00:00")]


def test_the_end_of_an_outage_is_said_and_the_next_one_also_at_once_and_for_the_same_reason(
    looking: Looking, said: Callable[[], list[str]]
) -> None:
    for _ in range(2):
        for pause_seconds in (1.0, LONGEST_PAUSE_SECONDS):
            assert looking.after(pause_seconds, "the disk is full") == 1
        assert looking.after(LONGEST_PAUSE_SECONDS) == 1
        assert looking.after(0.0) == 1
    assert said() == [not_recorded("the disk is full"), RECORDED] * 2


def test_a_reason_of_two_parts_is_told_once_and_its_end_when_both_do_well(
    said: Callable[[], list[str]],
) -> None:
    outages, full = Outages(), StackError("the disk is full", "mend it")
    for part in (STORE, ANNOUNCEMENT):
        outages.begin(part, full)
    outages.end(STORE)
    assert said() == [not_recorded("the disk is full")]
    outages.end(ANNOUNCEMENT)
    outages.end(ANNOUNCEMENT)
    assert said() == [not_recorded("the disk is full"), RECORDED]


def test_nothing_is_looked_for_or_said_once_the_interpreter_ends(
    stores: Stores, looking: Looking, said: Callable[[], list[str]]
) -> None:
    stores.may_go_on.clear()
    stores.error = StackError("too late to be told", "mend it")
    looking.recording.ensure()
    looking.recording.end()
    stores.may_go_on.set()
    assert looking.after(0.0) == 0
    assert said() == []


@pytest.fixture
def home(small_mephisto: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of the small Mephisto, for this process too."""
    home = small_mephisto.folder / "home"
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(home))
    yield home
    store.stop()


def test_operators_and_their_loops_are_not_held_by_a_store_that_hangs_nor_is_the_end(
    small_mephisto: Any, home: Path, tmp_path: Path
) -> None:
    assert not home.exists()
    programs.record(slow_prometheus(tmp_path))
    longest_seconds, ended_at_seconds = small_mephisto.answer(
        """
        import time
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator, launch_prometheus_server
        from mephisto_metrics.stack import prometheus, readiness
        def seconds(call):
            began = time.monotonic()
            call()
            return time.monotonic() - began
        held = [seconds(call) for call in (launch_prometheus_server, Operator)]
        assert readiness.wait_until(prometheus.state_path().exists, 30)
        held += [seconds(launch_prometheus_server) for _ in range(3)]
        assert len(targets()) == 1
        print(json.dumps([max(held), time.monotonic()]))
        """,
        **{START_VARIABLE: "600"},
    )
    assert longest_seconds < NOT_HELD_SECONDS
    assert time.monotonic() - ended_at_seconds < NOT_HELD_SECONDS, "it was held at its end"


def test_ctrl_c_ends_an_operator_by_its_signal_also_while_a_store_is_looked_for(
    small_mephisto: Any, home: Path
) -> None:
    result = small_mephisto.run(
        """
        import atexit, signal, threading
        mephisto_metrics.install()
        from mephisto_metrics.mephisto import serving
        from mephisto_metrics.stack import readiness, store
        look, may_look = store.ensure_recording, threading.Event()
        store.ensure_recording = lambda: may_look.wait() and look()
        def look_at_the_end():
            may_look.set()
            readiness.wait_until(lambda: not serving._recording._is_looking, 30)
            print(store.running() is not None)
        serving.ensure_store()
        atexit.register(look_at_the_end)
        signal.raise_signal(signal.SIGINT)
        """
    )
    assert "KeyboardInterrupt" in result.stderr
    assert (result.stdout, result.returncode) == ("True\n", -signal.SIGINT), result.stderr


def test_a_forked_child_looks_for_a_store_itself(small_mephisto: Any, home: Path) -> None:
    assert small_mephisto.answer(
        """
        import threading
        mephisto_metrics.install()
        from mephisto_metrics.mephisto import serving
        from mephisto_metrics.stack import store
        looks, goes_on = [], threading.Event()
        store.ensure_recording = lambda: (looks.append(os.getpid()), goes_on.wait(30))
        serving.ensure_store()
        child = os.fork()
        if child == 0:
            goes_on.set()
            serving.ensure_store()
            sys.exit(7 if looks[-1] == os.getpid() else 1)
        status = os.WEXITSTATUS(os.waitpid(child, 0)[1])
        print(json.dumps([status, looks == [os.getpid()]]))
        """
    ) == [7, True]
    assert not (home / "state").exists()


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (fill, "pathlib.Path(os.environ['DISK'], 'ballast').unlink()"),
        (make_read_only, "subprocess.run(['mount', '-o', 'remount,rw', os.environ['DISK']])"),
    ],
    ids=["full", "read-only"],
)
def test_an_operator_whose_home_is_unusable_is_announced_and_recorded_once_it_is_mended(
    small_disk: Path, small_mephisto: Any, home: Path, spoil: Callable[[Path], object], mend: str
) -> None:
    home.symlink_to(small_disk)
    spoil(small_disk)
    result = small_mephisto.run(
        f"""
        import subprocess, time
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator, launch_prometheus_server
        from mephisto_metrics.stack import readiness, store
        launch_prometheus_server()
        Operator().launch_task_run(config(task_name="mine"))
        assert readiness.wait_until(lambda: not launch_prometheus_server(), 1) is False
        assert targets() == []
        {mend}
        def is_recorded():
            launch_prometheus_server()
            return store.running() is not None
        assert readiness.wait_until(is_recorded, 30)
        print(json.dumps([target["labels"]["task_name"] for target in targets()
                          if "pid" in target["labels"]]))
        """,
        DISK=str(small_disk),
    )
    assert (result.stdout.strip(), result.returncode) == ('["mine"]', 0), result.stderr
    assert result.stderr.count("not recorded") == 1, result.stderr
    assert str(home) in result.stderr
    store.stop()
