"""Starting a process of ours in the background, and telling why it did not come up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import psutil

from mephisto_metrics.machine.errors import StackError, reasons_and_hint
from mephisto_metrics.stack.logs import begin_log, last_words, said_since
from mephisto_metrics.stack.processes import (
    VIEW_STOP_PATIENCE_SECONDS,
    ProcessIdentity,
    end_child,
    start_detached,
)
from mephisto_metrics.stack.readiness import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def start_and_wait(
    module: str,
    arguments: list[str],
    log_path: Path,
    name: str,
    serves: Callable[[int], bool],
    timeout_seconds: float,
    environment: Mapping[str, str] | None = None,
    write_down: Callable[[ProcessIdentity], None] = lambda _: None,
) -> None:
    """Start `python -m module` in the background and return once it `serves`, given its PID.

    `write_down` is told which process it is as soon as there is one. Raises `StackError` with what
    it wrote if it ends before it serves, and if the time is over.
    """
    log_start_bytes = begin_log(log_path, name)
    process = start_detached(module, arguments, log_path, environment)
    try:
        write_down(ProcessIdentity.of(psutil.Process(process.pid)))
        is_over = wait_until(
            lambda: process.poll() is not None or serves(process.pid), timeout_seconds
        )
    except BaseException:
        end_child(process, VIEW_STOP_PATIENCE_SECONDS)
        raise
    if not is_over:
        end_child(process, VIEW_STOP_PATIENCE_SECONDS)
        raise StackError(f"{name} was not ready after {timeout_seconds:.0f} s", f"see `{log_path}`")
    if process.poll() is not None:
        raise _failure(name, log_path, log_start_bytes)


def _failure(name: str, log_path: Path, log_start_bytes: int) -> StackError:
    """Make an error of what a process wrote before it ended."""
    reasons, hint = reasons_and_hint(said_since(log_path, log_start_bytes))
    return StackError(f"{name} did not start: {last_words(reasons)}", hint or f"see `{log_path}`")
