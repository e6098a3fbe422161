"""Processes of ours: told apart by PID and start time, started detached, stopped with patience.

A PID alone is not an identity: the system gives it to somebody else once its process is gone. So a
process is ours only while its start time is the one that was recorded. On Linux that is counted
from the boot, because a time of day changes for all processes when somebody sets the clock.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import elsewhere
from mephisto_metrics.stack.readiness import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

START_TIME_TOLERANCE_SECONDS = 2.0
"""Start times closer than this are the same: Linux gives the boot's time in whole seconds, which
may be rounded differently each time, and no system uses a PID again so soon."""

FILE_ENDING = "_FILE"
"""Of a variable that names a file."""

STOP_PATIENCE_SECONDS = 10.0
PARENT_STOP_PATIENCE_SECONDS = 2 * STOP_PATIENCE_SECONDS
"""For a process that has to end another one first."""
VIEW_STOP_PATIENCE_SECONDS = 2 * PARENT_STOP_PATIENCE_SECONDS
"""For a view, which may have to end a viewer and such a process."""


class ProcessIdentity(NamedTuple):
    """Which process is meant, beyond the reuse of its PID."""

    pid: int
    start_time_seconds: float
    """Since the boot on Linux, elsewhere since the Unix epoch."""

    @classmethod
    def current(cls) -> ProcessIdentity:
        """Return the identity of this process."""
        return cls.of(psutil.Process())

    @classmethod
    def of(cls, process: psutil.Process) -> ProcessIdentity:
        """Return the identity of a process; raises psutil's `NoSuchProcess`.

        A child that was not waited for has one, even if it has ended.
        """
        return cls(process.pid, _start_time_seconds(process))

    def find(self) -> psutil.Process | None:
        """Return the process if it still runs, None if it is gone or its PID is another's now.

        One that may not be looked at is another user's, and so none of ours.
        """
        try:
            process = psutil.Process(self.pid)
            difference_seconds = abs(_start_time_seconds(process) - self.start_time_seconds)
            is_same = difference_seconds <= START_TIME_TOLERANCE_SECONDS
            is_alive = is_same and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, OverflowError):  # the latter: a number that no PID can be
            return None
        return process if is_alive else None

    def stop(self, patience_seconds: float = STOP_PATIENCE_SECONDS) -> bool:
        """Ask the process to end, wait, and kill it if it does not; False if it was gone already.

        Raises `StackError` if it is another user's, or does not end.
        """
        process = self.find()
        if process is None:
            return False
        try:
            process.terminate()
            if not self._ends(patience_seconds):
                process.kill()
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            raise StackError(
                f"process {self.pid} belongs to user `{process.username()}` and can not be stopped",
                "ask them to run `mephisto metrics cleanup`, or set MEPHISTO_METRICS_HOME to a "
                "folder of your own",
            ) from None
        if not self._ends(STOP_PATIENCE_SECONDS):
            raise StackError(f"process {self.pid} does not end", "look at what it waits for")
        return True

    def _ends(self, patience_seconds: float) -> bool:
        # Not psutil's `wait`: it waits for a zombie too, whose parent may never ask after it.
        return wait_until(lambda: self.find() is None, patience_seconds)


def _start_time_seconds(process: psutil.Process) -> float:
    if not psutil.LINUX:
        return process.create_time()
    # In this order: before 7.1, psutil added the boot's time as `boot_time` had last read it.
    boot_time_seconds = psutil.boot_time()
    return process.create_time() - boot_time_seconds


def with_whole_paths(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which ours that name a file are found from another folder too."""
    named_files = {
        name: str(Path(path.strip()).expanduser().absolute())
        for name, path in environment.items()
        if name.startswith("MEPHISTO_METRICS_") and name.endswith(FILE_ENDING) and path.strip()
    }
    targets = elsewhere.with_whole_paths(environment.get(elsewhere.TARGETS_VARIABLE, ""))
    named_targets = {elsewhere.TARGETS_VARIABLE: targets} if targets else {}
    return {**environment, **named_files, **named_targets}


def end_child(process: subprocess.Popen[bytes], patience_seconds: float) -> None:
    """Ask a child to end, wait, and kill it if it does not."""
    process.terminate()
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_detached(
    module: str,
    arguments: list[str],
    log_path: Path,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `python -m module arguments` in a session of its own, its output appended to a log.

    It outlives this process and does not hear this terminal's Ctrl-C. Its environment is that of
    this process if none is given.
    """
    if not sys.executable:
        raise StackError(
            "this Python does not say where its interpreter is, so no process can be started",
            "start the store by hand: `mephisto-metrics view`",
        )
    log_path.parent.mkdir(parents=True, exist_ok=True)
    # Our processes need no Mephisto: what watches for its import stays off in them.
    environment = {
        **with_whole_paths(os.environ if environment is None else environment),
        "MEPHISTO_METRICS_OFF": "1",
        "MEPHISTO_METRICS_HOME": str(places.home().absolute()),
    }
    with log_path.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            # `-m` looks for modules in the current folder first: in a user's there may be any.
            cwd=log_path.parent,
            start_new_session=True,
        )
