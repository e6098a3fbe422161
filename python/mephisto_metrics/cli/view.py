"""`mephisto metrics view`."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import sys
import threading
import time
import webbrowser
from typing import TYPE_CHECKING, Callable
from urllib.parse import urlsplit

import click

from mephisto_metrics.cli.ending import ending_in_order
from mephisto_metrics.cli.options import setting
from mephisto_metrics.cli.showing import say, say_differences, showing, wait_for_end
from mephisto_metrics.machine import places
from mephisto_metrics.machine.ports import address_text
from mephisto_metrics.stack import account, elsewhere, remote, settings, viewers, wanted
from mephisto_metrics.stack import store as stack_store
from mephisto_metrics.stack.detached import start_and_wait
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.page import ALL_ADDRESSES
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.store import LONGEST_START_SECONDS
from mephisto_metrics.stack.viewer import kind_to_show

if TYPE_CHECKING:
    from mephisto_metrics.stack.viewers import ViewerState, Viewing

DETACHED_TIMEOUT_SECONDS = LONGEST_START_SECONDS + 240.0
"""A store's start, a Grafana's first one, and a little more."""
OTHERS_INTERVAL_SECONDS = 0.5
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
    options = {
        settings.VIEWER_HOST_VARIABLE: ("--host", host),
        settings.VIEWER_PORT_VARIABLE: ("--port", None if port is None else str(port)),
        settings.STORE_VARIABLE: ("--store", store),
        settings.VIEWER_VARIABLE: ("--viewer", viewer),
        settings.RETENTION_VARIABLE: ("--retention", retention),
        remote.URL_VARIABLE: ("--remote-write", remote_write),
        elsewhere.TARGETS_VARIABLE: ("--targets", elsewhere.joined(targets) or None),
        settings.SCRAPE_INTERVAL_VARIABLE: ("--scrape-interval", scrape_interval),
    }
    with setting(options):
        settings.check()
        _compare_with_what_runs()
    if detach:
        start_url = _detached(is_own).start_url
        _give(start_url)
        if open_browser:
            # Not beside this command, which would be over before the browser is there.
            _open(start_url)
        return
    with ending_in_order(), contextlib.suppress(KeyboardInterrupt):
        if is_own:
            _show(open_browser, settings.viewer_port())
        else:
            _show_or_follow(open_browser)


def _show_or_follow(open_browser: bool) -> None:
    """Show the dashboards, or give the address of who does, and do so in its place."""
    with viewers.viewing() as own:
        shown = _shown_by_another(own)
        if shown is None:
            _show(open_browser, settings.viewer_port())
            return
        _say_who_shows(shown)
        _give(shown.start_url)
        if open_browser:
            _open_beside(shown.start_url)
        _show(open_browser=False, port=_wait_for_own_turn(own, shown))


def _compare_with_what_runs() -> None:
    """Say which settings come too late, as a store runs already; `StackError` if it is no use."""
    running = stack_store.running()
    if running is not None and stack_store.is_local_needed():
        wanted.check(running)
        say_differences(running)


def _shown_by_another(own: Viewing, port: int | None = None) -> ViewerState | None:
    """Return what is shown; None if it is for this view to show it, which others know then.

    One that starts is waited for: it may take minutes, or fail. With `port`, what can be shown
    beside this view at that port does not count.
    """
    is_meant = functools.partial(_is_in_the_way, port)
    told: int | None = None
    while True:
        other = own.begins_unless_another(kind_to_show(), is_meant)
        if other is None or other.url is not None:
            return other
        if other.pid != told:
            told = other.pid
            say(f"{other.name} is started by PID {told}; this view waits for it")
        time.sleep(OTHERS_INTERVAL_SECONDS)


def _is_in_the_way(port: int | None, other: ViewerState) -> bool:
    """Whether another view shows at `port`, or may come to; a home has one Grafana at most."""
    is_beside = other.url is not None and port not in {None, other.port}
    return not is_beside or kind_to_show() == other.kind == "grafana"


def _wait_for_own_turn(own: Viewing, shown: ViewerState) -> int:
    """Return the port to go on with, once nobody shows anything there and it is this one's turn.

    It is that of the address that was given first.
    """
    port = shown.port or settings.viewer_port()
    is_in_the_way = functools.partial(_is_in_the_way, port)
    while True:
        while shown.identity.find() is not None:
            time.sleep(OTHERS_INTERVAL_SECONDS)
        if not _is_next():
            wait_until(
                lambda: viewers.first_but(os.getpid(), is_in_the_way) is not None,
                TAKING_OVER_SECONDS,
            )
        following = _shown_by_another(own, port)
        if following is None:
            say("nobody shows it any more: this view does")
            return port
        if following.start_url != shown.start_url:
            _give(following.start_url)
        shown = following
        _say_who_shows(shown)


def _say_who_shows(shown: ViewerState) -> None:
    say(f"already shown by PID {shown.pid}; this view goes on with it, and in its place")


def _is_next() -> bool:
    """Whether no other view has waited for longer."""
    own = ProcessIdentity.current()
    waiting = [viewer for viewer in viewers.living_viewers() if viewer.kind is None]
    others = [viewer.identity for viewer in waiting if viewer.pid != own.pid]
    return all((own.start_time_seconds, own.pid) < (one[1], one[0]) for one in others)


def _show(open_browser: bool, port: int) -> None:
    with showing(settings.viewer_host(), port) as served:
        if not served.notice:
            _say_how_to_log_in(served.url)
        _give(served.start_url)
        if open_browser:
            _open_beside(served.start_url)
        wait_for_end(served, threading.Event())


def _say_how_to_log_in(url: str | None) -> None:
    host = settings.viewer_host()
    hint = account.how_to_log_in(host)
    if hint is not None:
        known_as = socket.gethostname() if host in ALL_ADDRESSES else host
        port = urlsplit(url or "").port
        say(f"others can reach it at http://{address_text(known_as, port or 0)}: {hint}")


def _give(start_url: str | None) -> None:
    click.echo(start_url)
    sys.stdout.flush()


def _open_beside(start_url: str | None) -> None:
    """Open a browser while this view goes on: one in a terminal holds its opener until it ends."""
    threading.Thread(target=_open, args=(start_url,), daemon=True).start()


def _open(start_url: str | None) -> None:
    if not webbrowser.open(str(start_url)):
        say(f"no browser could be opened: the dashboard is at {start_url}")


def _detached(is_own: bool) -> ViewerState:
    """Return what is shown by a view in the background, or by any where it is not to be one's own.

    That is started if need be.
    """
    if is_own:
        return _start_detached(begun=lambda: None)
    with viewers.viewing() as own:
        # It says itself that it starts, as soon as it can.
        return _shown_by_another(own) or _start_detached(begun=own.end)


def _start_detached(begun: Callable[[], None]) -> ViewerState:
    """Start a view in the background and return what it shows, once it does."""
    found: list[ViewerState] = []

    def serves(pid: int) -> bool:
        state = viewers.of(pid)
        if state is None:
            return False
        begun()
        found.append(state)
        return state.url is not None

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
    shown = found[-1]
    say(f"shown by PID {shown.pid} in the background; `mephisto metrics cleanup` ends it")
    _say_how_to_log_in(shown.url)
    return shown
