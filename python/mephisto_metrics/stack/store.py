"""The store as others see it: which one is asked, and the process that keeps it running.

A local store is one process for a home (`mephisto_metrics.store`), shared by Operators and views,
with the built-in store in it or a Prometheus under it. A remote one is an address.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mephisto_metrics import places
from mephisto_metrics.stack import programs, prometheus, settings
from mephisto_metrics.stack.detached import start_and_wait
from mephisto_metrics.stack.elsewhere import elsewhere
from mephisto_metrics.stack.errors import StackError
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.processes import PARENT_STOP_PATIENCE_SECONDS
from mephisto_metrics.stack.readiness import is_ready, why_no_queries
from mephisto_metrics.stack.remote import credentials, is_remote_write_wanted, remote_write_wanted
from mephisto_metrics.stack.state import PartState, read_state
from mephisto_metrics.stack.supervision import stop_left_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mephisto_metrics.stack.remote import Credentials

LONGEST_START_SECONDS = 30.0 + prometheus.START_TIMEOUT_SECONDS
REMOTE_TIMEOUT_SECONDS = 10.0
NAMES = {
    "builtin": "the built-in store",
    "prometheus": "Prometheus",
    "remote": "the remote store",
}


@dataclass(frozen=True)
class StoreState:
    """A store that can be asked."""

    kind: str
    """`builtin`, `prometheus` or `remote`."""
    url: str
    """Where its HTTP API is, without `/api/v1`."""
    scrape_interval_seconds: float
    pid: int | None
    """Of the process that keeps it; None of a remote one."""
    credentials: Credentials | None = None
    """As whom a remote one is asked."""
    elsewhere: tuple[str, ...] = ()
    """Where a local one learns of Operators on other machines."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        return NAMES[self.kind]


def state_path() -> Path:
    """Return where the store of this home says that it runs."""
    return places.state_folder() / "store.json"


def running() -> StoreState | None:
    """Return the local store that runs for this home; None if there is none."""
    state = read_state(state_path())
    return None if state is None else _as_store(state)


def asked() -> StoreState | None:
    """Return the store that views ask: a remote one that is set, else the local one that runs."""
    return remote() or running()


def remote() -> StoreState | None:
    """Return the remote store that is set; None if a local one is wanted."""
    wanted = settings.store()
    if wanted in settings.STORES:
        return None
    interval = settings.scrape_interval_seconds()
    return StoreState("remote", wanted, interval, None, credentials())


def ensure_asked() -> StoreState:
    """Return the store that views ask, once it can answer; a local one is started if need be.

    Raises `StackError` if it can not be started, or if the remote one does not answer.
    """
    found = remote()
    if found is None:
        return _with_wanted_targets(ensure_running())
    reason = why_no_queries(found.url, REMOTE_TIMEOUT_SECONDS, found.credentials)
    if reason is not None:
        raise StackError(
            f"the store at {found.url} does not answer queries: {reason}",
            f"see that {found.url}/api/v1/query?query=1 answers, or set "
            f"{settings.STORE_VARIABLE} to another store",
        )
    if remote_write_wanted() is not None:
        ensure_running()
    return found


def ensure_recording() -> None:
    """Make sure that Operators are scraped: by the local store, unless a remote one does it.

    Where a remote one is asked, the local one runs only to send it the samples.
    """
    if remote() is None or is_remote_write_wanted():
        ensure_running()


def ensure_running() -> StoreState:
    """Return the local store of this home, started if it does not run, once it can serve.

    Whoever comes second waits for the first. Raises `StackError` if it can not be started, or if
    another one than what is wanted runs.
    """
    with explaining_home_faults(), _alone():
        return _wanted(running()) or _start()


def stop(is_needed: Callable[[], bool] = lambda: False) -> bool:
    """Stop the local store of this home, and a Prometheus that has lost its keeper; False if none.

    Nobody can start one while `is_needed` is asked; if it is, nothing is stopped. Raises
    `StackError` if the store does not end.
    """
    with explaining_home_faults(), _alone():
        if is_needed():
            return False
        state = read_state(state_path())
        stopped = state is not None and state.identity.stop(PARENT_STOP_PATIENCE_SECONDS)
        state_path().unlink(missing_ok=True)
        return stop_left_behind(prometheus.state_path()) is not None or stopped


def kind_to_start() -> str:
    """Return which local store is started: what is wanted, by default Prometheus if installed."""
    wanted = settings.store()
    if wanted in {"builtin", "prometheus"}:
        return wanted
    return "builtin" if programs.installed("prometheus") is None else "prometheus"


def _as_store(state: PartState) -> StoreState:
    interval = state.scrape_interval_seconds or settings.DEFAULT_SCRAPE_INTERVAL_SECONDS
    elsewhere = tuple(state.elsewhere or ())
    return StoreState(state.kind, state.url, interval, state.pid, elsewhere=elsewhere)


def check_targets() -> None:
    """Raise `StackError` if a store runs without the Operators that a view is meant to show."""
    state = running()
    if state is not None and remote() is None:
        _with_wanted_targets(state)


def _with_wanted_targets(state: StoreState) -> StoreState:
    missing = [source for source in elsewhere().sources if source not in state.elsewhere]
    if missing:
        raise StackError(
            f"the store that runs (PID {state.pid}) does not look for Operators in {missing[0]}",
            "end it with `mephisto metrics cleanup`, then try again",
        )
    return state


def _wanted(state: StoreState | None) -> StoreState | None:
    wanted = settings.store()
    if state is not None and wanted in {"builtin", "prometheus"} and state.kind != wanted:
        raise StackError(
            f"the store that runs (PID {state.pid}) is {state.kind}, not {wanted}",
            "end it with `mephisto metrics cleanup`, or use it: leave out `--store`",
        )
    return state


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let nobody else start or stop the store meanwhile."""
    # Slow to import, and `status`, which must answer at once, has no need of it.
    from filelock import FileLock, Timeout

    lock_path = places.state_folder() / "store.lock"
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_path)
    try:
        lock.acquire(timeout=LONGEST_START_SECONDS + PARENT_STOP_PATIENCE_SECONDS)
    except Timeout:
        raise StackError(
            f"another process has been starting or stopping the store for too long ({lock_path})",
            "end that process, then try again",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _start() -> StoreState:
    arguments = ["--kind", kind_to_start(), "--port", str(settings.store_port())]
    arguments += ["--scrape-interval-seconds", str(settings.scrape_interval_seconds())]
    arguments += ["--retention", settings.retention()]
    for source in elsewhere().sources:
        arguments += ["--targets", source]

    def serves(pid: int) -> bool:
        state = running()
        return state is not None and state.pid == pid and is_ready(state.url)

    log_path = places.logs_folder() / "store.log"
    start_and_wait(
        "mephisto_metrics.store", arguments, log_path, "the store", serves, LONGEST_START_SECONDS
    )
    state = running()
    if state is None:
        raise StackError("the store ended as soon as it had started", f"see `{log_path}`")
    return state
