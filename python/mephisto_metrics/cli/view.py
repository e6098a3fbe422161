"""`mephisto metrics view`."""

from __future__ import annotations

import contextlib
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING

import click

from mephisto_metrics import places
from mephisto_metrics.cli.showing import (
    ending_in_order,
    say,
    say_differences,
    showing,
    wait_for_end,
)
from mephisto_metrics.stack import account, elsewhere, remote, settings, viewers, wanted
from mephisto_metrics.stack import store as stack_store
from mephisto_metrics.stack.detached import start_and_wait
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until

if TYPE_CHECKING:
    from mephisto_metrics.stack.viewers import ViewerState

DETACHED_TIMEOUT_SECONDS = 330.0
"""A store's start, a Grafana's first one, and a little more."""
OTHERS_END_INTERVAL_SECONDS = 0.5
TAKING_OVER_SECONDS = 60.0


@click.command("view")
@click.option("--host", help="Address for the viewer.  [default: GRAFANA_HOST or 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, settings.HIGHEST_PORT),
    help="Port for the viewer.  [default: GRAFANA_PORT or 3032]",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the dashboard in a browser.")
@click.option("--detach", is_flag=True, help="Leave it running; `cleanup` ends it.")
@click.option("--store", help="auto, prometheus, builtin, or the URL of a store elsewhere.")
@click.option("--viewer", help="auto, grafana or builtin.")
@click.option("--retention", help="How long samples are kept: 15d, 10GB, or both: 15d,10GB.")
@click.option("--remote-write", metavar="URL", help="A store elsewhere that is sent all samples.")
@click.option(
    "--targets",
    multiple=True,
    metavar="SOURCE",
    help="File, folder or address with Operators on other machines; may be given again.",
)
@click.option("--scrape-interval", metavar="SECONDS", help="How often Operators are scraped.")
def command(
    host: str | None,
    port: int | None,
    open_browser: bool,
    detach: bool,
    store: str | None,
    viewer: str | None,
    retention: str | None,
    remote_write: str | None,
    targets: tuple[str, ...],
    scrape_interval: str | None,
) -> None:
    """Show the metrics of this machine's Operators, until Ctrl-C.

    Starts the store if it does not run, and ends it again unless an Operator or another view still
    needs it. Without options it takes what `install` has put there, and else what is built in.
    """
    is_own = host is not None or port is not None or viewer is not None
    settings.set_variables(
        {
            settings.VIEWER_HOST_VARIABLE: host,
            settings.VIEWER_PORT_VARIABLE: None if port is None else str(port),
            settings.STORE_VARIABLE: store,
            settings.VIEWER_VARIABLE: viewer,
            settings.RETENTION_VARIABLE: retention,
            remote.URL_VARIABLE: remote_write,
            # A process in the background has another current folder.
            elsewhere.TARGETS_VARIABLE: elsewhere.joined(
                elsewhere.elsewhere(targets or None).sources
            ),
            settings.SCRAPE_INTERVAL_VARIABLE: scrape_interval,
        }
    )
    settings.check()
    _compare_with_what_runs()
    shown = None if is_own else _shown()
    if detach:
        _give(_start_detached() if shown is None else shown, open_browser)
        return
    with ending_in_order(), contextlib.suppress(KeyboardInterrupt):
        if shown is None:
            _show(open_browser, settings.viewer_port())
            return
        _say_who_shows(shown)
        _give(shown, open_browser)
        # Also while it takes over, so that others see that it is before them.
        with viewers.viewing():
            _show(open_browser=False, port=_wait_for_own_turn(shown))


def _compare_with_what_runs() -> None:
    """Say which settings come too late, as a store runs already; `StackError` if it is no use."""
    running = stack_store.running()
    if running is not None and stack_store.is_local_needed():
        wanted.check(running)
        say_differences(running)


def _shown() -> ViewerState | None:
    return next(iter(viewers.shown()), None)


def _wait_for_own_turn(shown: ViewerState) -> int:
    """Return the port to go on with, once nobody shows the dashboards and it is this one's turn."""
    waiting = threading.Event()
    while True:
        while shown.identity.find() is not None:
            waiting.wait(OTHERS_END_INTERVAL_SECONDS)
        if not _is_next():
            wait_until(lambda: _shown() is not None, TAKING_OVER_SECONDS)
        following = _shown()
        if following is None:
            say("nobody shows it any more: this view does")
            return shown.port or settings.viewer_port()
        shown = following
        _say_who_shows(shown)


def _say_who_shows(shown: ViewerState) -> None:
    say(f"already shown by PID {shown.pid}; this view goes on with it, and in its place")


def _is_next() -> bool:
    """Whether no other view has waited for longer."""
    own = ProcessIdentity.current()
    others = [viewer.identity for viewer in viewers.living_viewers() if viewer.pid != own.pid]
    return all((own.start_time_seconds, own.pid) < (one[1], one[0]) for one in others)


def _show(open_browser: bool, port: int) -> None:
    with showing(settings.viewer_host(), port) as served:
        if not served.notice:
            _say_how_to_log_in()
        click.echo(served.start_url)
        sys.stdout.flush()
        if open_browser:
            webbrowser.open(served.start_url)
        wait_for_end(served, threading.Event())


def _say_how_to_log_in() -> None:
    hint = account.how_to_log_in(settings.viewer_host())
    if hint is not None:
        say(f"others can reach it: {hint}")


def _give(shown: ViewerState, open_browser: bool) -> None:
    click.echo(shown.start_url)
    sys.stdout.flush()
    if open_browser:
        webbrowser.open(str(shown.start_url))


def _start_detached() -> ViewerState:
    """Start a view in the background and return what it shows, once it does."""

    def state_of(pid: int) -> ViewerState | None:
        return next((viewer for viewer in viewers.shown() if viewer.pid == pid), None)

    found: list[ViewerState] = []

    def serves(pid: int) -> bool:
        state = state_of(pid)
        found.extend([] if state is None else [state])
        return state is not None

    arguments = ["view", "--host", settings.viewer_host(), "--port", str(settings.viewer_port())]
    log_path = places.logs_folder() / "view.log"
    with explaining_home_faults():
        start_and_wait(
            "mephisto_metrics.cli",
            arguments,
            log_path,
            "the view",
            serves,
            DETACHED_TIMEOUT_SECONDS,
        )
    say(f"shown by PID {found[0].pid} in the background; `mephisto metrics cleanup` ends it")
    _say_how_to_log_in()
    return found[0]
