"""Whether the store runs, answers, is the one that is wanted, and keeps what it collects."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import reasons_and_hint
from mephisto_metrics.stack import prometheus, settings, store, targets, viewers
from mephisto_metrics.stack.doctor import clock, keeping
from mephisto_metrics.stack.doctor.findings import CLEANUP, Finding, note, problem, well
from mephisto_metrics.stack.doctor.processes import is_kept_by_a_store, suspended
from mephisto_metrics.stack.logs import said_since_start
from mephisto_metrics.stack.readiness import (
    ANSWER_TIMEOUT_SECONDS,
    is_ready,
    why_no_queries,
)
from mephisto_metrics.stack.state import PartState, read_state
from mephisto_metrics.stack.store_state import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mephisto_metrics.stack.store_state import StoreState


def check() -> Iterator[Finding]:
    """Look at the store of this home, and at the remote one that is set."""
    running = read_state(store.state_path())
    server = read_state(prometheus.state_path())
    yield from _left_behind(running, server)
    remote, local = store.remote(), store.running()
    if remote is not None:
        yield _remote(remote)
    if local is not None:
        yield from _local(local, server)
    elif remote is None:
        yield from _not_running()


def _left_behind(running: PartState | None, server: PartState | None) -> Iterator[Finding]:
    if server is None or (running is not None and running.kind == "prometheus"):
        return
    if is_kept_by_a_store(server.pid):
        return  # it is starting
    yield problem(
        "store.left-behind",
        f"a Prometheus (PID {server.pid}) runs at {server.url}, and the process that looked after "
        "it is gone",
        "that one was killed; nothing would start Prometheus again, and nobody knows that it runs",
        "end it: Operators and `mephisto metrics view` start a store with all that was recorded",
        CLEANUP,
    )


def _not_running() -> Iterator[Finding]:
    folder = places.targets_folder()
    has_operators = any(is_alive for _, is_alive in targets.own_files(folder))
    reasons, hint = _last_failure()
    if reasons:
        make = problem if has_operators else note
        yield make(
            "store.did-not-start",
            f"the store does not run, and its last start failed: {reasons}",
            "the store collects and keeps all numbers: without it nothing is recorded",
            f"if that is still so: {hint}",
        )
    elif not has_operators:
        yield from _shown_elsewhere()
        yield well("store.not-needed", "no store runs, and none is needed: no Operator runs either")


def _shown_elsewhere() -> Iterator[Finding]:
    """Name the stores elsewhere that views were told of, and this command was not."""
    found = map(viewers.read, viewers.viewers_folder().glob("*.json"))
    for url in sorted({viewer.store_url for viewer in found if viewer and viewer.store_url}):
        yield note(
            "store.shown-elsewhere",
            f"a view shows the store at {url}, which is not looked at here",
            f"that view was told of it by `--store`, or has another {settings.STORE_VARIABLE}",
            "name it, and its credentials if it wants any, for this command too",
            f"{settings.STORE_VARIABLE}={shlex.quote(url)} mephisto metrics doctor",
        )


def _log_path() -> Path:
    return places.logs_folder() / "store.log"


def _last_failure() -> tuple[str, str]:
    """Return the last words of a store that could not start, and its hint; empty if it could."""
    reasons, hint = reasons_and_hint(said_since_start(_log_path()))
    return (" ".join(reasons), hint) if hint else ("", "")


def _remote(asked: StoreState) -> Finding:
    reason = why_no_queries(asked.url, store.REMOTE_TIMEOUT_SECONDS, asked.credentials)
    if reason is None:
        return well("store.well", f"the store at {asked.url} answers")
    return problem(
        "store.remote-silent",
        f"the store at {asked.url} does not answer queries: {reason}",
        "it is on another machine, or run by somebody else; without it nothing can be shown",
        store.how_to_be_answered(asked.url, reason),
    )


def _local(asked: StoreState, server: PartState | None) -> Iterator[Finding]:
    wanted = settings.store()
    if wanted in {"builtin", "prometheus"} and asked.kind != wanted:
        yield problem(
            "store.other-kind",
            f"the store that runs (PID {asked.pid}) is {asked.name}, and "
            f"{settings.STORE_VARIABLE} asks for {NAMES[wanted]}",
            "one home has one store at a time; views and Operators do not start another beside it",
            "end it, so that the other one is started, or set nothing",
            CLEANUP,
        )
    found = list(_silent(asked, server))
    if not found:
        found = [*clock.check(asked, store.state_path()), *keeping.check(asked)]
    yield from found
    if not found:
        yield well("store.well", f"{asked.name} at {asked.url} answers, and keeps what it collects")


def _silent(asked: StoreState, server: PartState | None) -> Iterator[Finding]:
    processes = [("the store", asked.pid), (asked.name, None if server is None else server.pid)]
    standing = [suspended("store", name, pid) for name, pid in processes if pid is not None]
    found = [finding for finding in standing if finding is not None]
    yield from found
    if not found and not is_ready(asked.url):
        yield problem(
            "store.silent",
            f"{asked.name} (PID {asked.pid}) runs, and does not answer at {asked.url} within "
            f"{ANSWER_TIMEOUT_SECONDS:.0f} s",
            "it is starting, has too much to do, or hangs; nothing can be shown meanwhile",
            f"see `{places.logs_folder()}`; if it stays so, end it: it is started anew when needed",
            CLEANUP,
        )
