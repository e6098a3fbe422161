"""How a view looks after the store that it shows, and what others are told of it."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest

from mephisto_metrics.cli import showing
from mephisto_metrics.cli.showing import _StoreWatch
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import store, viewers
from mephisto_metrics.stack.back_off import HEALTHY_SECONDS, STARTS_TRIED
from mephisto_metrics.stack.store_state import StoreState

RUNNING = StoreState("builtin", "http://127.0.0.1:9", 5.0, pid=1)
ADDRESS = "http://127.0.0.1:3032"


class Starts:
    """A store that is gone, and starts of it, by a clock of the test's own."""

    def __init__(self) -> None:
        self.now_seconds = 0.0
        self.tried = 0
        self.running: StoreState | None = RUNNING
        self.seconds_to_start = 0.0
        self.error: StackError | None = None

    def ensure_running(self, *, as_it_was: bool = True) -> StoreState:
        assert as_it_was, "a view's own settings may have come too late"
        self.tried += 1
        self.now_seconds += self.seconds_to_start
        if self.error is not None:
            raise self.error
        self.running = RUNNING
        return RUNNING

    def watch(self, watch: _StoreWatch, seconds: int) -> None:
        for _ in range(seconds):
            watch.check()
            self.now_seconds += 1.0


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Starts:
    starts = Starts()
    monkeypatch.setattr(store, "ensure_running", starts.ensure_running)
    monkeypatch.setattr(store, "running", lambda: starts.running)
    return starts


@pytest.fixture
def watch(starts: Starts) -> _StoreWatch:
    return _StoreWatch(lambda: starts.now_seconds)


@pytest.mark.parametrize("seconds_to_start", [0.0, 2 * HEALTHY_SECONDS])
def test_a_store_that_can_not_be_started_is_given_up_however_long_each_try_takes(
    starts: Starts, watch: _StoreWatch, seconds_to_start: float
) -> None:
    starts.running, starts.error = None, StackError("no port", "free it")
    starts.seconds_to_start = seconds_to_start
    with pytest.raises(StackError, match="no port"):
        starts.watch(watch, 1000)
    assert starts.tried == STARTS_TRIED - 1


def test_a_store_that_goes_again_and_again_is_given_up(starts: Starts, watch: _StoreWatch) -> None:
    for _ in range(STARTS_TRIED - 1):
        starts.running = None
        starts.watch(watch, 20)
    starts.running = None
    with pytest.raises(StackError, match=f"ended {STARTS_TRIED} times in a row"):
        watch.check()


@pytest.mark.parametrize("come_back", [lambda _: None, lambda starts: starts.ensure_running()])
def test_a_store_that_has_run_for_long_has_not_gone_in_a_row(
    starts: Starts, watch: _StoreWatch, come_back: Callable[[Starts], object]
) -> None:
    for _ in range(2 * STARTS_TRIED):
        starts.running = None
        watch.check()
        come_back(starts)
        starts.watch(watch, round(2 * HEALTHY_SECONDS))
    assert starts.running is not None


def told_address() -> str | None:
    """Return where others are told to look."""
    own = viewers.of(os.getpid())
    assert own is not None
    return own.url


@pytest.fixture
def told_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What others are told while the viewer ends."""
    told: list[str | None] = []
    served = SimpleNamespace(
        kind="builtin", name="the page", url=ADDRESS, start_url=ADDRESS, notice=""
    )
    served.is_ready = lambda: True

    @contextlib.contextmanager
    def serving(*_: Any) -> Iterator[Any]:
        try:
            yield served
        finally:
            told.append(told_address())

    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path))
    monkeypatch.setattr(store, "running", lambda: RUNNING)
    monkeypatch.setattr(store, "ensure_asked", lambda: RUNNING)
    monkeypatch.setattr(showing.viewer, "serving", serving)
    return told


def press_ctrl_c() -> None:
    assert told_address() == ADDRESS
    raise KeyboardInterrupt


def test_nobody_is_told_the_address_of_a_view_that_ends(told_at_the_end: list[str | None]) -> None:
    with pytest.raises(KeyboardInterrupt), showing.showing("127.0.0.1", 0):
        press_ctrl_c()
    assert told_at_the_end == [None]


def test_a_view_ends_in_order_where_others_can_not_be_told(
    told_at_the_end: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    def fill_disk() -> None:
        monkeypatch.setattr(viewers, "write_json", is_full)
        press_ctrl_c()

    with pytest.raises(KeyboardInterrupt), showing.showing("127.0.0.1", 0):
        fill_disk()
    assert told_at_the_end == [ADDRESS]
    assert viewers.living_viewers() == []


def test_a_view_does_not_wait_at_its_end_for_who_starts_the_store_that_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path))
    monkeypatch.setattr(showing.targets, "live_files", lambda: ["an Operator's"])
    said: list[str] = []
    with store._alone():
        showing.stop_store_unless_needed(said.append)
    assert said == ["the store goes on: it is still needed; it ends by itself"]
