"""`mephisto metrics view`."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
import webbrowser
from typing import TYPE_CHECKING

import click

from mephisto_metrics.stack import page, settings, store, targets
from mephisto_metrics.stack.errors import StackError
from mephisto_metrics.stack.readiness import is_ready, wait_until
from mephisto_metrics.stack.viewers import living_viewers, viewing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mephisto_metrics.stack.state import PartState

PAGE_TIMEOUT_SECONDS = 10.0
STATUS_INTERVAL_SECONDS = 1.0
STORE_STARTS_TRIED = 3


@click.command("view")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address for the page.")
@click.option("--port", type=click.IntRange(0, settings.HIGHEST_PORT), help="Port for the page.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
def command(host: str, port: int | None, open_browser: bool) -> None:
    """Show the metrics of this machine's Operators in a page, until Ctrl-C.

    Starts the store if it does not run, and ends it again unless an Operator or another view still
    needs it.
    """
    shown = page.running()
    if shown is not None:
        click.echo(shown.url)
        click.echo(f"the page is already shown by PID {shown.pid}", err=True)
        return
    port = settings.viewer_port() if port is None else port
    with showing(host, port) as served, contextlib.suppress(KeyboardInterrupt):
        click.echo(served.url)
        if open_browser:
            webbrowser.open(served.url)
        wait_for_end(served, threading.Event())


@contextlib.contextmanager
def showing(host: str, port: int) -> Iterator[page.ServedPage]:
    """Keep store and page running for as long as the block runs.

    SIGTERM is made the same as Ctrl-C, and ends the block in order as that does.
    """
    from rich.console import Console

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    console = Console(stderr=True)
    is_store_ours = store.running() is None
    with viewing():
        with console.status("starting the store"):
            state = store.ensure_running()
        try:
            with page.serving(state, host, port) as served:
                with console.status("waiting for the page"):
                    _wait_until_ready(served.url)
                console.print(f"store at {state.url}, page at {served.url}; Ctrl-C ends this view")
                yield served
        finally:
            if is_store_ours:
                stop_store_unless_needed()


def _wait_until_ready(url: str) -> None:
    if not wait_until(lambda: is_ready(url), PAGE_TIMEOUT_SECONDS):
        raise StackError(
            f"the page at {url} was not ready after {PAGE_TIMEOUT_SECONDS:.0f} s",
            "run `mephisto metrics cleanup`, then try again",
        )


def stop_store_unless_needed() -> None:
    """Stop the store that this process has started, unless somebody else needs it by now."""
    operators, own_view = targets.live_files(), 1
    if operators or len(living_viewers()) > own_view:
        click.echo("the store goes on: it is still needed; it ends by itself", err=True)
    elif store.stop():
        click.echo("stopped the store", err=True)


def wait_for_end(
    served: page.ServedPage, ended: threading.Event, timeout_seconds: float | None = None
) -> None:
    """Show a line of what runs until Ctrl-C, `ended` or the time-out; see to it that a store does.

    Raises `StackError` if the store is gone and can not be started again.
    """
    from rich.console import Console

    deadline = time.monotonic() + (math.inf if timeout_seconds is None else timeout_seconds)
    watch = _StoreWatch(served)
    with Console(stderr=True).status(_status_line()) as status:
        while not ended.wait(min(STATUS_INTERVAL_SECONDS, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                return
            watch.check()
            status.update(_status_line())


class _StoreWatch:
    """Starts the store again when it is gone, as nobody else may while no Operator runs."""

    def __init__(self, served: page.ServedPage) -> None:
        self._served = served
        self._failures = 0

    def check(self) -> None:
        """Start the store if it does not run; `StackError` when that failed several times."""
        try:
            self._served.follow(store.running() or _started_again())
            self._failures = 0
        except StackError:
            self._failures += 1
            if self._failures == STORE_STARTS_TRIED:
                raise


def _started_again() -> PartState:
    click.echo("the store is gone: starting it again", err=True)
    return store.ensure_running()


def _status_line() -> str:
    stored, count = store.running(), len(targets.live_files())
    operators = "1 Operator" if count == 1 else f"{count} Operators"
    return f"{operators}; store {'runs' if stored else 'does not run'}"
