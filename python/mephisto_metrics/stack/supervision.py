"""Servers that are not ours, as Prometheus: started, watched, started again, ended.

Each runs in a session of its own, so that Ctrl-C in a terminal reaches it only through us, and has
a state file with its PID and start time: whoever comes after a `kill -9` of ours finds it there.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

import psutil

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.back_off import BackOff
from mephisto_metrics.stack.files import write_json
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.logs import begin_log, last_words, said_since
from mephisto_metrics.stack.processes import (
    STOP_PATIENCE_SECONDS,
    ProcessIdentity,
    end_child,
)
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.secret_variables import without_secrets
from mephisto_metrics.stack.state import PartState, read_state

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Program:
    """A server that is not ours, as it is started and watched."""

    name: str
    """For people, such as `Prometheus`."""
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """In addition to that of this process."""
    log_path: Path
    """Its stdout and stderr, appended."""
    state_path: Path
    url: str
    """Its address, without a path."""
    is_ready: Callable[[], bool]
    """Whether it can serve, and what stands behind it too."""
    start_timeout_seconds: float
    explain: Callable[[list[str]], str | None]
    """Makes of the last lines of its log a hint for people who never ran it, if it knows one."""


def stop_left_behind(state_path: Path) -> PartState | None:
    """Stop the server that `state_path` is about and return what it was; None if none runs."""
    state = read_state(state_path)
    stopped = state if state is not None and state.identity.stop() else None
    with contextlib.suppress(OSError):
        state_path.unlink(missing_ok=True)
    return stopped


class Supervised:
    """One `Program` that is kept running from `start` to `stop`."""

    def __init__(
        self,
        program: Program,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.program = program
        self._say = say
        self._back_off = BackOff(clock)
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start_bytes = 0

    def start(self, stopping: threading.Event | None = None) -> None:
        """Start the program and wait until it is ready; `StackError` if it does not become so.

        What an earlier supervisor left behind is stopped first, as two can not share a port, nor
        data. `KeyboardInterrupt` if `stopping` is set meanwhile: then the program is ended again.
        """
        left_behind = stop_left_behind(self.program.state_path)
        if left_behind is not None:
            self._say(f"stopped a {self.program.name} left behind (PID {left_behind.pid})")
        try:
            self._wait_until_ready(self._launch(), stopping)
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Start the program again if it has ended; to be called every second or so.

        Raises `StackError` once it has ended `STARTS_TRIED` times in a row.
        """
        if not self._back_off.is_pausing:
            self._notice_end()
        elif self._back_off.is_due:
            self._launch_or_pause()

    @property
    def is_running(self) -> bool:
        """Whether the program was started, and has not ended since."""
        return self._process is not None and self._process.poll() is None

    def replace(self, program: Program) -> None:
        """Run another program from now on, without waiting for it; if it ends, `check` notices.

        Raises `StackError` as `check` does.
        """
        self.stop()
        self.program = program
        self._launch_or_pause()

    def stop(self) -> None:
        """End the program, patiently; a second call does nothing."""
        process, self._process = self._process, None
        if process is not None:
            end_child(process, STOP_PATIENCE_SECONDS)
            with contextlib.suppress(OSError):
                self.program.state_path.unlink(missing_ok=True)

    def _launch(self) -> subprocess.Popen[bytes]:
        program = self.program
        with explaining_home_faults():
            self._log_start_bytes = begin_log(program.log_path, program.name)
            with program.log_path.open("ab") as log:
                process = self._process = _popen(program, log.fileno())
            identity = ProcessIdentity.of(psutil.Process(process.pid))
            write_json(program.state_path, _state(program, identity))
        self._back_off.started()
        return process

    def _launch_or_pause(self) -> None:
        try:
            self._launch()
        except StackError as error:  # a full disk, for one, may have space in a moment
            self.stop()
            pause_seconds = self._back_off.ended()
            if pause_seconds is None:
                raise
            self._say(f"{error}: trying again in {pause_seconds:.0f} s")

    def _wait_until_ready(
        self, process: subprocess.Popen[bytes], stopping: threading.Event | None
    ) -> None:
        program = self.program

        def is_over() -> bool:
            # Asked here, because a handler of signals that raises may do so before it is written
            # down what was started.
            if stopping is not None and stopping.is_set():
                raise KeyboardInterrupt
            return process.poll() is not None or program.is_ready()

        wait_until(is_over, program.start_timeout_seconds)
        if process.poll() is not None:
            raise self._failure(f"{program.name} did not start")
        if not program.is_ready():
            seconds = program.start_timeout_seconds
            raise self._failure(f"{program.name} was not ready after {seconds:.0f} s")

    def _notice_end(self) -> None:
        process = self._process
        if process is None or process.poll() is None:
            return
        name, pause_seconds = self.program.name, self._back_off.ended()
        if pause_seconds is None:
            raise self._failure(f"{name} ended {self._back_off.failures} times in a row")
        how = _how_it_ended(process)
        self._say(f"{name} ended ({how}): starting it again in {pause_seconds:.0f} s")

    def _failure(self, message: str) -> StackError:
        said = said_since(self.program.log_path, self._log_start_bytes)
        hint = self.program.explain(said) or f"see `{self.program.log_path}`"
        return StackError(f"{message}: {last_words(said)}", hint)


def _popen(program: Program, log: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**without_secrets(os.environ), **program.environment},
            cwd=program.log_path.parent,
            start_new_session=True,
        )
    except OSError as error:
        raise StackError(
            f"{program.name} can not be run from `{program.command[0]}`: {error.strerror}",
            f"install it again: `mephisto metrics reinstall --only {program.name.lower()}`",
        ) from error


def _state(program: Program, identity: ProcessIdentity) -> dict[str, object]:
    return {"kind": program.name.lower(), **identity._asdict(), "url": program.url}


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    status = process.returncode
    return f"by signal {-status}" if status < 0 else f"with status {status}"
