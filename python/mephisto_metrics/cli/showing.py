"""Showing what a store has for as long as a block runs: shared by `view` and `demo`."""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING, Callable

import click

from mephisto_metrics.cli.ending import stay_undisturbed
from mephisto_metrics.cli.live_status import LiveStatus
from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import store, targets, viewer, wanted
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.back_off import BackOff
from mephisto_metrics.stack.overview import overview, sender_line
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.viewers import living_viewers, viewing

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from mephisto_metrics.stack.overview import PartLine
    from mephisto_metrics.stack.store_state import StoreState
    from mephisto_metrics.stack.viewer import ServedViewer
    from mephisto_metrics.stack.viewers import Viewing

READY_TIMEOUT_SECONDS = 30.0
STATUS_INTERVAL_SECONDS = 1.0


def say(text: str) -> None:
    """Tell the user something, beside the data on stdout; a closed terminal hears nothing."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def say_differences(running: StoreState) -> None:
    """Say what is set otherwise for the store that runs than it is here."""
    for difference in wanted.differences(running):
        say(
            f"the store that runs (PID {running.pid}) {difference}: it goes on as it was started, "
            "until `mephisto metrics cleanup` ends it"
        )


@contextlib.contextmanager
def showing(host: str, port: int) -> Iterator[ServedViewer]:
    """Keep a store and a viewer running for as long as the block runs.

    Raises `StackError` if one can not be started.
    """
    from rich.console import Console

    console = Console(stderr=True)
    is_store_ours = store.is_local_needed() and store.running() is None
    has_shown = False
    with viewing(viewer.kind_to_show()) as own:
        with console.status("starting the store"):
            state = store.ensure_asked()
        try:
            with console.status("starting the viewer"), contextlib.ExitStack() as opened:
                served = opened.enter_context(viewer.serving(state, host, port, say))
                _wait_until_ready(served)
                opened.enter_context(_telling_others(own, served, state))
                kept = opened.pop_all()
            with kept:
                say(f"{state.name} at {state.url}, {served.name} at {served.url}; Ctrl-C ends this")
                if served.notice:
                    say(served.notice)
                has_shown = True
                yield served
        finally:
            if is_store_ours:
                # Of a store that was started in vain nobody has heard.
                stop_store_unless_needed(say if has_shown else lambda _: None)


@contextlib.contextmanager
def _telling_others(own: Viewing, served: ServedViewer, asked: StoreState) -> Iterator[None]:
    """Let others know where what is shown, until the block ends, however it does."""
    store_url = shown(asked.url) if asked.kind == "remote" else None
    own.shows(served.kind, served.url, served.start_url, store_url)
    try:
        yield
    finally:
        # What can not be written, as on a full disk, goes with this process.
        with contextlib.suppress(StackError):
            own.is_not_shown(served.kind)


def _wait_until_ready(served: ServedViewer) -> None:
    if not wait_until(served.is_ready, READY_TIMEOUT_SECONDS):
        raise StackError(
            f"{served.name} at {served.url} was not ready after {READY_TIMEOUT_SECONDS:.0f} s",
            "run `mephisto metrics doctor`, which looks for the reason",
        )


def stop_store_unless_needed(tell: Callable[[str], None] = say) -> None:
    """Stop the store that this process has started, unless somebody else needs it by now."""

    def is_needed() -> bool:
        own_view = 1
        return bool(targets.live_files()) or len(living_viewers()) > own_view

    # Who needs it may just be starting it, and so hold up whoever wants to stop it.
    if not is_needed() and store.stop_unless(is_needed):
        tell("stopped the store")
    elif is_needed():
        tell("the store goes on: it is still needed; it ends by itself")


def wait_for_end(
    served: ServedViewer, ended: threading.Event, timeout_seconds: float | None = None
) -> None:
    """Show what runs until Ctrl-C, `ended` or the time-out, and see to it that it does.

    Whoever called this can then end all of it undisturbed. Raises `StackError` if a part is gone
    and can not be started again.
    """
    try:
        _look_after_until(served, ended, timeout_seconds)
    finally:
        stay_undisturbed()


def _look_after_until(
    served: ServedViewer, ended: threading.Event, timeout_seconds: float | None
) -> None:
    deadline = time.monotonic() + (math.inf if timeout_seconds is None else timeout_seconds)
    watch = _StoreWatch()
    with LiveStatus() as status:
        while not ended.wait(min(STATUS_INTERVAL_SECONDS, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                return
            status.show(_look_after(served, watch))


def _look_after(served: ServedViewer, watch: _StoreWatch) -> list[PartLine]:
    """See to it that each part goes on, and return what they say."""
    is_local_needed, remote = store.is_local_needed(), store.remote()
    local = watch.check() if is_local_needed else None
    asked = remote or local
    if asked is not None:
        served.follow(asked)
    served.check()
    sending = [sender_line(local)] if is_local_needed and remote is not None else []
    return [*sending, *overview(asked, served)]


class _StoreWatch:
    """Starts the local store again when it is gone, as nobody else may while no Operator runs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._back_off = BackOff(clock)
        self._reason: StackError | None = None

    def check(self) -> StoreState | None:
        """Return the local store; None as long as there is none.

        Raises `StackError` once it has ended, or could not be started, too often in a row.
        """
        state = store.running()
        if state is not None and self._back_off.is_pausing:
            self._note_start()
            say_differences(state)
        if state is None and self._back_off.is_due:
            return self._start_again()
        if state is None and not self._back_off.is_pausing:
            self._note_end()
        return state

    def _note_end(self) -> None:
        pause_seconds = self._back_off.ended()
        if pause_seconds is None:
            raise self._reason or _ended_too_often(self._back_off.failures)
        say(f"the store is gone: starting it again in {pause_seconds:.0f} s")

    def _start_again(self) -> StoreState | None:
        try:
            state = store.ensure_running(as_it_was=True)
        except StackError as error:
            self._reason = error
            say(error.as_log())
            self._note_end()
            return None
        self._note_start()
        # Another process may have been first, and not know a secret that is known here.
        say_differences(state)
        return state

    def _note_start(self) -> None:
        self._back_off.started()
        self._reason = None


def _ended_too_often(failures: int) -> StackError:
    return StackError(
        f"the store ended {failures} times in a row",
        f"see `{places.logs_folder() / 'store.log'}`, or run `mephisto metrics doctor`",
    )
