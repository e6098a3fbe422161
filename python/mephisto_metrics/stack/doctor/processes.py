"""Whether a process of a part goes on."""

from __future__ import annotations

import psutil

from mephisto_metrics.stack.doctor.findings import Finding, problem

STORE_MODULE = "mephisto_metrics.store"


def is_kept_by_a_store(pid: int) -> bool:
    """Whether a process is the child of one that keeps a store, if only since a moment."""
    try:
        parent = psutil.Process(pid).parent()
        return parent is not None and STORE_MODULE in parent.cmdline()
    except psutil.Error:
        return False


def suspended(area: str, name: str, pid: int) -> Finding | None:
    """Return that a process stands still because somebody has stopped it; None if it goes on."""
    try:
        is_stopped = psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return None
    if not is_stopped:
        return None
    return problem(
        f"{area}.suspended",
        f"{name} (PID {pid}) is suspended: it runs, and does nothing",
        "somebody has stopped it, as Ctrl-Z does; it goes on where it was once it is told to",
        "let it go on",
        f"kill -CONT {pid}",
    )
