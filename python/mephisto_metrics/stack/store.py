"""The store as others see it: which one is asked, and the process that keeps it running.

A local store is one process for a home (`mephisto_metrics.store`), shared by Operators and views,
with the built-in store in it or a Prometheus under it. A remote one is an address.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import keeper, prometheus, settings, wanted
from mephisto_metrics.stack.credentials import REMEDY, credentials
from mephisto_metrics.stack.detached import start_and_wait
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.processes import PARENT_STOP_PATIENCE_SECONDS
from mephisto_metrics.stack.readiness import is_ready, wait_until, why_no_queries
from mephisto_metrics.stack.remote import is_remote_write_wanted
from mephisto_metrics.stack.state import read_left_behind, read_state, remove_own_state
from mephisto_metrics.stack.store_state import StoreState
from mephisto_metrics.stack.succession import next_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LONGEST_START_SECONDS = 30.0 + prometheus.START_TIMEOUT_SECONDS
LONGEST_SILENCE_SECONDS = 30.0
"""Of a store that serves, or has just begun to end."""
REMOTE_TIMEOUT_SECONDS = 10.0


def state_path() -> Path:
    """Return where the store of this home says that it runs."""
    return places.state_folder() / "store.json"


def running() -> StoreState | None:
    """Return the local store that runs for this home; None if there is none."""
    state = read_state(state_path())
    return None if state is None else StoreState.of(state)


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
        state = ensure_running()
        wanted.check(state)
        return state
    reason = why_no_queries(found.url, REMOTE_TIMEOUT_SECONDS, found.credentials)
    if reason is not None:
        raise StackError(
            f"the store at {found.url} does not answer queries: {reason}",
            how_to_be_answered(found.url, reason),
        )
    if is_remote_write_wanted():
        ensure_running()
    return found


def how_to_be_answered(url: str, reason: str) -> str:
    """Return what to do where the remote store at `url` does not answer, for `reason`."""
    if reason.startswith(("HTTP status 401", "HTTP status 403")):
        return REMEDY
    return (
        f"see that {url}/api/v1/query?query=1 answers, or set {settings.STORE_VARIABLE} to another "
        "store"
    )


def ensure_recording() -> None:
    """Make sure that Operators are scraped: by the local store, unless a remote one does it.

    Where a remote one is asked, the local one runs only to send it the samples.
    """
    if is_local_needed():
        ensure_running()


def is_local_needed() -> bool:
    """Whether a local store has to run: to be asked, or to send its samples on."""
    return remote() is None or is_remote_write_wanted()


def ensure_running(*, as_it_was: bool = False) -> StoreState:
    """Return the local store of this home, started if it does not run, once it can serve.

    What this process's environment does not set is taken over from a store that was killed; all of
    it, if the store is to be `as_it_was`. Whoever comes second waits for the first. Raises
    `StackError` if it can not be started.
    """
    with explaining_home_faults(), _alone():
        return _settled() or _start_or_follow(as_it_was)


def stop() -> bool:
    """Stop the local store of this home, and a Prometheus that has lost its keeper; False if none.

    One that starts is stopped too, also where others start it. Raises `StackError` if the store
    does not end.
    """
    with explaining_home_faults(), _alone(while_waiting=_stop_starting):
        return _stop()


def stop_unless(is_needed: Callable[[], bool]) -> bool:
    """Stop the local store as `stop` does, once nobody starts it; False also if it `is_needed`.

    Nobody can start one while that is asked.
    """
    with explaining_home_faults(), _alone():
        return not is_needed() and _stop()


def _stop() -> bool:
    state = read_state(state_path())
    process = keeper.living() or (None if state is None else state.identity)
    stopped = process is not None and process.stop(PARENT_STOP_PATIENCE_SECONDS)
    state_path().unlink(missing_ok=True)
    keeper.forget()
    return prometheus.sweep() or stopped


def _stop_starting() -> None:
    """Stop a store that does not serve yet: who waits for it sees that, and lets others go on."""
    process = keeper.living()
    if process is not None and running() is None:
        process.stop(PARENT_STOP_PATIENCE_SECONDS)


def retire(is_needed: Callable[[], bool]) -> bool:
    """Say that the store, which is this process, serves no more; False while it `is_needed`.

    Whoever comes in time is seen by `is_needed`, and who comes later starts another one.
    """
    try:
        with _alone(timeout_seconds=0.0):
            if is_needed():
                return False
            remove_own_state(state_path())
            return True
    except StackError:
        return False  # somebody is about to need it, or to stop it
    except OSError:
        return True  # where nothing can be written, nobody can start one either


def _settled() -> StoreState | None:
    """Return the store that runs, once it can serve; None if there is none, once that is so.

    One that a process that is gone has started, and one that ends by itself, are waited for.
    """

    def is_settled() -> bool:
        state = running()
        return keeper.living() is None if state is None else is_ready(state.url)

    limit_seconds = LONGEST_START_SECONDS if running() is None else LONGEST_SILENCE_SECONDS
    if wait_until(is_settled, limit_seconds):
        return running()
    process = keeper.living()
    which = "" if process is None else f" (PID {process.pid})"
    raise StackError(
        f"the store that runs{which} does not answer",
        f"see `{places.logs_folder()}`, or end it with `mephisto metrics cleanup`",
    )


@contextlib.contextmanager
def _alone(
    timeout_seconds: float = LONGEST_START_SECONDS + PARENT_STOP_PATIENCE_SECONDS,
    while_waiting: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Let nobody else start or stop the store meanwhile; who does so already is waited for."""
    # Slow to import, and `status`, which must answer at once, has no need of it.
    from filelock import FileLock, Timeout

    lock_path = places.state_folder() / "store.lock"
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_path)

    def is_free() -> bool:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            while_waiting()
        return lock.is_locked

    if not wait_until(is_free, timeout_seconds):
        raise StackError(
            f"another process has been starting or stopping the store for too long ({lock_path})",
            "end that process, then try again",
        )
    try:
        yield
    finally:
        lock.release()


def _start_or_follow(as_it_was: bool) -> StoreState:
    """Start a store, or take one that somebody has started by hand at the same moment."""
    try:
        return _start(as_it_was)
    except StackError:
        state = None if keeper.living() is None else _settled()
        if state is None:
            raise
        return state


def _start(as_it_was: bool) -> StoreState:
    settings.check_store()
    kind, environment = next_start(read_left_behind(state_path()), as_it_was=as_it_was)

    def serves(pid: int) -> bool:
        state = running()
        return state is not None and state.pid == pid and is_ready(state.url)

    log_path = places.logs_folder() / "store.log"
    try:
        start_and_wait(
            "mephisto_metrics.store",
            ["--kind", kind],
            log_path,
            "the store",
            serves,
            LONGEST_START_SECONDS,
            environment,
            write_down=keeper.name,
        )
    except BaseException:
        _sweep()
        raise
    state = running()
    if state is None:
        raise StackError("the store ended as soon as it had started", f"see `{log_path}`")
    return state


def _sweep() -> None:
    """Stop the Prometheus of a store that was killed while it started."""
    with contextlib.suppress(StackError), keeper.none_else():
        keeper.forget()
        prometheus.sweep()
