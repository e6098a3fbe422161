"""Whether what is shown can be seen: the page or Grafana, and the store's data in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mephisto_metrics.stack import grafana, viewers
from mephisto_metrics.stack.doctor.answers import does_answer
from mephisto_metrics.stack.doctor.findings import Finding, problem, well
from mephisto_metrics.stack.doctor.processes import suspended
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, is_ready
from mephisto_metrics.stack.state import read_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mephisto_metrics.stack.state import PartState
    from mephisto_metrics.stack.viewers import ViewerState

CLEANUP = "mephisto metrics cleanup"


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
    if viewer.kind == "builtin" and not is_ready(viewer.url):
        return problem(
            "viewer.without-store",
            f"{viewer.name} at {viewer.url} answers, and has no data to show",
            "the store behind it does not answer: see what is said of the store",
            "a view starts a store that is gone again within some seconds",
        )
    return well("viewer.well", f"{viewer.name} is shown at {viewer.start_url} (PID {viewer.pid})")
