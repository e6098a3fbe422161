"""Whether what is shown can be seen: the page or Grafana, and the store's data in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.stack import grafana, store, viewers
from mephisto_metrics.stack.doctor.answers import does_answer
from mephisto_metrics.stack.doctor.findings import CLEANUP, Finding, note, problem, well
from mephisto_metrics.stack.doctor.processes import suspended
from mephisto_metrics.stack.grafana import data_source
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, is_ready, why_no_queries
from mephisto_metrics.stack.state import read_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mephisto_metrics.stack.state import PartState
    from mephisto_metrics.stack.viewers import ViewerState

STARTED_AGAIN = "a view starts a store that is gone again within some seconds"
SHOWN_AGAIN = "a view shows a store elsewhere again as soon as that answers"


def check() -> Iterator[Finding]:
    """Look at each view, and at a Grafana without one."""
    living = [viewers.read(path) for path in sorted(viewers.viewers_folder().glob("*.json"))]
    shown = [viewer for viewer in living if viewer is not None]
    server = read_state(grafana.state_path())
    if server is not None and not any(viewer.kind == "grafana" for viewer in shown):
        yield _left_behind(server)
    for viewer in shown:
        yield _look(viewer, server)
    if not shown:
        yield well(
            "viewer.none", "nothing is shown; `mephisto metrics view` shows what is recorded"
        )


def _left_behind(server: PartState) -> Finding:
    return problem(
        "viewer.left-behind",
        f"a Grafana (PID {server.pid}) runs at {server.url}, and the view that looked after it is "
        "gone",
        "that one was killed; nothing would start Grafana again, and its port stays taken",
        "end it; `mephisto metrics view` starts another",
        CLEANUP,
    )


def _look(viewer: ViewerState, server: PartState | None) -> Finding:
    own = (
        viewer.kind == "grafana"
        and server is not None
        and suspended("viewer", "Grafana", server.pid)
    )
    stopped = suspended("viewer", viewer.name, viewer.pid) or own
    if stopped:
        return stopped
    if viewer.url is None:
        what = "a view waits for another one to end"
        if viewer.kind is not None:
            what = f"{viewer.name} starts, or ends"
        return well("viewer.well", f"{what} (PID {viewer.pid})")
    if not does_answer(viewer.url):
        return problem(
            "viewer.silent",
            f"{viewer.name} (PID {viewer.pid}) runs, and does not answer at {viewer.url} within "
            f"{ANSWER_TIMEOUT_SECONDS:.0f} s",
            "it is starting, has too much to do, or hangs",
            "wait for a minute; if it stays so, end it and start it anew",
            CLEANUP,
        )
    remedy = STARTED_AGAIN if viewer.store_url is None else SHOWN_AGAIN
    ask = _grafana if viewer.kind == "grafana" else _page
    without_data = ask(viewer.url, remedy)
    return without_data or well(
        "viewer.well", f"{viewer.name} is shown at {viewer.start_url} (PID {viewer.pid})"
    )


def _page(url: str, remedy: str) -> Finding | None:
    if is_ready(url):
        return None
    return problem(
        "viewer.without-store",
        f"the page at {url} answers, and has no data to show",
        "the store behind it does not answer: see what is said of the store",
        remedy,
    )


def _grafana(url: str, remedy: str) -> Finding | None:
    """Ask what its boards ask: that Grafana answers itself says nothing of those."""
    answer = data_source.ask_once(url)
    if answer.is_denied:
        return note(
            "viewer.password-changed",
            f"Grafana at {url} answers; whether its boards have data could not be asked",
            "its password was changed in Grafana itself, and is not known here; after some wrong "
            "ones Grafana would lock you out",
            "log in, and look at a board",
        )
    return None if answer.fault is None else _grafana_without_store(url, answer.fault, remedy)


def _grafana_without_store(url: str, fault: str, remedy: str) -> Finding:
    found = f"Grafana at {url} answers, and its boards have no data: {fault}"
    meaning = "Grafana asks the store for all that it draws, and gets no answer from it"
    if not _does_store_answer():
        meaning = f"{meaning}: see what is said of the store"
        return problem("viewer.without-store", found, meaning, remedy)
    return problem(
        "viewer.without-store",
        found,
        f"{meaning}, though the store answers others: it was told of another address, or can not "
        "reach this one",
        "end it and start it anew, which tells it where the store is; if it stays so, see "
        f"`{places.logs_folder() / 'grafana.log'}`",
        CLEANUP,
    )


def _does_store_answer() -> bool:
    asked = store.asked()
    if asked is None:
        return False
    return why_no_queries(asked.url, store.REMOTE_TIMEOUT_SECONDS, asked.credentials) is None
