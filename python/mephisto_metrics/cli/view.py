"""`mephisto metrics view`."""

from __future__ import annotations

import contextlib
import signal
import threading
import webbrowser
from typing import TYPE_CHECKING

import click

from mephisto_metrics.stack import page, settings, store, targets
from mephisto_metrics.stack.errors import StackError
from mephisto_metrics.stack.readiness import is_ready, wait_until
from mephisto_metrics.stack.viewers import living_viewers, viewing

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE_TIMEOUT_SECONDS = 10.0
STATUS_INTERVAL_SECONDS = 1.0


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
    with showing(host, settings.viewer_port() if port is None else port) as url:
        click.echo(url)
        if open_browser:
            webbrowser.open(url)
        wait_for_end(threading.Event())


@contextlib.contextmanager
def showing(host: str, port: int) -> Iterator[str]:
    """Keep store and page running for as long as the block runs; gives the page's address."""
    from rich.console import Console

    console = Console(stderr=True)
    is_store_ours = store.running() is None
    with viewing():
        with console.status("starting the store"):
            state = store.ensure_running()
        try:
            with page.serving(state, host, port) as url:
                with console.status("waiting for the page"):
                    _wait_until_ready(url)
                console.print(f"store at {state.url}, page at {url}; Ctrl-C ends this view")
                yield url
        finally:
            if is_store_ours:
                _stop_store_unless_needed()


def _wait_until_ready(url: str) -> None:
    if not wait_until(lambda: is_ready(url), PAGE_TIMEOUT_SECONDS):
        raise StackError(
            f"the page at {url} was not ready after {PAGE_TIMEOUT_SECONDS:.0f} s",
            "run `mephisto metrics cleanup`, then try again",
        )


def _stop_store_unless_needed() -> None:
    operators, own_view = targets.live_targets(), 1
    if operators or len(living_viewers()) > own_view:
        click.echo("the store goes on: it is still needed; it ends by itself", err=True)
    elif store.stop():
        click.echo("stopped the store", err=True)


def wait_for_end(ended: threading.Event, timeout_seconds: float | None = None) -> None:
    """Show a line of what runs until Ctrl-C, SIGTERM, `ended` or the time-out."""
    from rich.console import Console

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    console = Console(stderr=True)
    with console.status(_status_line()) as status:
        waited_seconds = 0.0
        while not ended.wait(STATUS_INTERVAL_SECONDS):
            waited_seconds += STATUS_INTERVAL_SECONDS
            if timeout_seconds is not None and waited_seconds >= timeout_seconds:
                return
            status.update(_status_line())


def _status_line() -> str:
    stored, count = store.running(), len(targets.live_targets())
    operators = "1 Operator" if count == 1 else f"{count} Operators"
    return f"{operators}; store {'runs' if stored else 'does not run'}"
