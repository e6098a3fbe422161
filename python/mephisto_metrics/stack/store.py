"""The built-in store as a process: one for a data directory, shared by Operators and views."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from mephisto_metrics import places
from mephisto_metrics.stack import settings
from mephisto_metrics.stack.errors import StackError, explaining_home_faults
from mephisto_metrics.stack.processes import start_detached
from mephisto_metrics.stack.readiness import is_ready, wait_until
from mephisto_metrics.stack.state import PartState, read_state

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

START_TIMEOUT_SECONDS = 30.0
LOG_LINES_SHOWN = 3


def state_path() -> Path:
    """Return where the store says that it runs."""
    return places.state_folder() / "store.json"


def running() -> PartState | None:
    """Return the store that runs for this home; None if there is none."""
    return read_state(state_path())


def ensure_running() -> PartState:
    """Return the store of this home, started if it does not run, once it can serve.

    Whoever comes second waits for the first. Raises `StackError` if it can not be started.
    """
    with explaining_home_faults(), _alone():
        return running() or _start()


def stop() -> bool:
    """Stop the store of this home; False if none runs."""
    with explaining_home_faults(), _alone():
        state = running()
        stopped = state is not None and state.identity.stop()
        state_path().unlink(missing_ok=True)
    return stopped


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let nobody else start or stop the store meanwhile."""
    # Slow to import, and `status`, which must answer at once, has no need of it.
    from filelock import FileLock, Timeout

    lock_path = places.state_folder() / "store.lock"
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_path)
    try:
        lock.acquire(timeout=START_TIMEOUT_SECONDS)
    except Timeout:
        raise StackError(
            f"another process has been starting or stopping the store for too long ({lock_path})",
            "end that process, then try again",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _start() -> PartState:
    arguments = ["--port", str(settings.store_port())]
    arguments += ["--scrape-interval-seconds", str(settings.scrape_interval_seconds())]
    log_path = places.logs_folder() / "store.log"
    log_start_bytes = _begin_log(log_path)
    process = start_detached("mephisto_metrics.store", arguments, log_path)
    if not wait_until(
        lambda: process.poll() is not None or _serves(process), START_TIMEOUT_SECONDS
    ):
        process.kill()
        process.wait()
        raise StackError(
            f"the store was not ready after {START_TIMEOUT_SECONDS:.0f} s", f"see `{log_path}`"
        )
    state = running()
    if process.poll() is not None or state is None:
        raise _start_failure(log_path, log_start_bytes)
    return state


def _begin_log(log_path: Path) -> int:
    """Write that a store is started, and return where its own lines will begin.

    On a full disk that fails here, where it is told, and not unheard in the store.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        log.write(f"starting the store for PID {os.getpid()}{os.linesep}".encode())
        log.flush()
        return log.tell()


def _serves(process: subprocess.Popen[bytes]) -> bool:
    state = running()
    return state is not None and state.pid == process.pid and is_ready(state.url)


def _start_failure(log_path: Path, log_start_bytes: int) -> StackError:
    """Make an error of what the store wrote before it ended."""
    with log_path.open("rb") as log:
        log.seek(log_start_bytes)
        lines = log.read().decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    hints = [line[len("hint: ") :] for line in said if line.startswith("hint: ")]
    reasons = [line for line in said if not line.startswith("hint: ")][-LOG_LINES_SHOWN:]
    return StackError(
        f"the store did not start: {os.linesep.join(reasons) or 'it gave no reason'}",
        hints[-1] if hints else f"see `{log_path}`",
    )
