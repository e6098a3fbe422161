"""What the Operators of this process share: one exposition, and one announcement of it.

Nothing here raises: metrics never break a run. What fails is one warning in the log.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading

from mephisto_metrics import ServerAddress, start_http_server
from mephisto_metrics.mephisto import moments
from mephisto_metrics.ports import is_port_in_use
from mephisto_metrics.stack import store
from mephisto_metrics.stack.errors import explaining_home_faults
from mephisto_metrics.stack.targets import Announcement

logger = logging.getLogger("mephisto_metrics")

DEFAULT_PORT = 3031
PORTS_TRIED = 100
PORT_VARIABLE = "MEPHISTO_METRICS_PORT"

_lock = threading.Lock()
_address: ServerAddress | None = None
_announcement: Announcement | None = None
_operators = 0
_warned: set[str] = set()


def ensure_store() -> None:
    """Make sure that a store runs, and write the announcement anew if somebody removed it."""
    try:
        store.ensure_recording()
        with _lock:
            if _announcement is not None and not _announcement.path.exists():
                _announcement.publish()
    except Exception as error:  # noqa: BLE001 - metrics never break a run
        _warn_not_recorded(error)


def add_operator() -> None:
    """Serve and announce this process's metrics, for one Operator more."""
    global _operators  # noqa: PLW0603 - the process is the thing that is counted
    with _lock:
        _operators += 1
        try:
            if _operators == 1:
                moments.operator_started()
            _serve_and_announce()
        except Exception as error:  # noqa: BLE001 - metrics never break a run
            _warn_not_recorded(error)


def remove_operator() -> None:
    """Withdraw the announcement when the last Operator of this process has ended."""
    global _operators  # noqa: PLW0603 - the process is the thing that is counted
    with _lock:
        _operators = max(0, _operators - 1)
        if _operators == 0:
            _withdraw()


def add_task(task_name: str) -> None:
    """Let the announcement say that a run of this task has been launched."""
    with _lock:
        if _announcement is not None:
            try:
                _announcement.add_task(task_name)
            except OSError as error:
                warn_once(f"cannot write the task's name into {_announcement.path}: {error}")


def warn_once(message: str) -> None:
    """Log a warning, unless it was logged before: Mephisto asks again every ten seconds."""
    if message not in _warned:
        _warned.add(message)
        logger.warning("%s", message)


def _warn_not_recorded(error: Exception) -> None:
    hint = getattr(error, "hint", None)
    way_out = f"; {hint}" if hint else ""
    warn_once(f"the metrics of this Operator are not recorded: {error}{way_out}")


def _serve_and_announce() -> None:
    global _address, _announcement  # noqa: PLW0603 - one exposition for the process
    if _address is None:
        _address = _start_on_a_free_port(port_from_environment(PORT_VARIABLE, DEFAULT_PORT))
        logger.info("metrics are served at %s", _address.url)
    if _announcement is None:
        announcement = Announcement(_address)
        with explaining_home_faults():
            announcement.publish()
        _announcement = announcement
        atexit.register(_withdraw)


def _withdraw() -> None:
    global _announcement
    announcement, _announcement = _announcement, None
    if announcement is not None:
        atexit.unregister(_withdraw)
        try:
            announcement.withdraw()
        except OSError as error:
            warn_once(f"cannot remove {announcement.path}: {error}; whoever reads it next will")


def _forget_in_child() -> None:
    """Let a forked child serve and announce for itself: its parent's server is not in it."""
    global _lock, _address, _announcement, _operators  # noqa: PLW0603 - as they are the process's
    _lock = threading.Lock()
    _address, _announcement, _operators = None, None, 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


def port_from_environment(variable: str, default: int) -> int:
    """Return the port that `variable` names; what is no port is warned about and not taken."""
    text = os.environ.get(variable)
    if not text:
        return default
    if text.isdecimal() and int(text) < 2**16:
        return int(text)
    warn_once(f"{variable} is {text!r}: expected a port, 0 to 65535; taking {default} instead")
    return default


def _start_on_a_free_port(wanted: int) -> ServerAddress:
    """Bind `wanted`, or the first free port above it, as each Operator's process needs its own."""
    last = min(wanted + PORTS_TRIED, 2**16) - 1
    for port in range(wanted, last):
        try:
            return start_http_server(port)
        except OSError as error:
            if not is_port_in_use(error):
                raise
            logger.debug("%s", error)
    return start_http_server(last)
