"""What the Operators of this process share: one exposition, and one announcement of it.

Nothing here raises: metrics never break a run. What fails is one warning in the log.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from typing import Callable

from mephisto_metrics import ServerAddress, start_http_server
from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.ports import address_text, is_port_in_use
from mephisto_metrics.mephisto import advertising, moments
from mephisto_metrics.mephisto.outages import ANNOUNCEMENT, Outages
from mephisto_metrics.mephisto.recording import Recording
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.targets import Announcement

logger = logging.getLogger("mephisto_metrics")

DEFAULT_PORT = 3031
PORTS_TRIED = 100
PORT_VARIABLE = "MEPHISTO_METRICS_PORT"

_lock = threading.Lock()
_address: ServerAddress | None = None
_public: Announcement | None = None
"""Of the server for other machines, if there is one."""
_announcements: list[Announcement] = []
"""Those that are published, or shall be as soon as that is possible."""
_operators = 0
_outages = Outages()
_recording = Recording(_outages)
_warned: set[str] = set()
_warned_lock = threading.Lock()


def ensure_store() -> None:
    """See to it that a store runs soon, and that this process is announced to it.

    Returns without waiting for the store.
    """
    try:
        _recording.ensure()
        with _lock:
            _publish()
    except Exception as error:  # noqa: BLE001 - metrics never break a run
        _outages.begin(ANNOUNCEMENT, error)


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
            _outages.begin(ANNOUNCEMENT, error)


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
        for announcement in _announcements:
            announcement.add_task(task_name)
        try:
            _publish()
        except StackError as error:
            _outages.begin(ANNOUNCEMENT, error)


def warn_once(message: str) -> None:
    """Log a warning, unless it was logged before: Mephisto asks again every ten seconds."""
    with _warned_lock:
        is_new = message not in _warned
        _warned.add(message)
    if is_new:
        logger.warning("%s", message)


def _serve_and_announce() -> None:
    global _address, _public  # noqa: PLW0603 - one exposition for the process
    if _address is None:
        port = port_from_environment(PORT_VARIABLE, DEFAULT_PORT)
        _public = _public or _serve_others(port)
        # Who is meant to reach it from elsewhere has the port that is known.
        _address = (
            _on_a_free_port(port, start_http_server) if _public is None else start_http_server(0)
        )
        logger.info("metrics are served at %s", _address.url)
    if not _announcements:
        _announcements.append(Announcement(_address))
        if _public is not None:
            _announcements.append(_public)
        atexit.register(_withdraw)
        _publish()


def _publish() -> None:
    """Write what is not written, or was removed; `StackError` if that is not possible yet."""
    with explaining_home_faults():
        for announcement in _announcements:
            if not announcement.is_published():
                announcement.publish()
    if _announcements:
        _outages.end(ANNOUNCEMENT)


def _serve_others(port: int) -> Announcement | None:
    """Serve the metrics to other machines, if that is wanted and possible."""
    try:
        wanted = advertising.wanted()
        if wanted is None:
            return None
        start = wanted.starter()
        shortcoming = wanted.refusal() or wanted.shortcoming
        address = _on_a_free_port(port, start)
    except (advertising.AdvertisingError, OSError) as error:
        warn_once(f"this Operator is not advertised to other machines: {error}")
        return None
    advertised = ServerAddress(wanted.host, address.port)
    where = f"{wanted.scheme}://{address_text(*advertised)}/metrics"
    logger.info("metrics are advertised to other machines at %s", where)
    if shortcoming is not None:
        warn_once(f"the metrics of this Operator are advertised, and {shortcoming}")
    return Announcement(advertised, places.advertised_folder(), wanted.scheme)


def _withdraw() -> None:
    withdrawn = list(_announcements)
    _announcements.clear()
    if withdrawn:
        atexit.unregister(_withdraw)
    for announcement in withdrawn:
        try:
            announcement.withdraw()
        except OSError as error:
            warn_once(f"cannot remove {announcement.path}: {error}; whoever reads it next will")


def _forget_in_child() -> None:
    """Let a forked child serve and announce for itself: its parent's server is not in it."""
    # As they are the process's.
    global _lock, _warned_lock, _outages, _recording  # noqa: PLW0603
    global _address, _public, _operators
    _lock, _warned_lock, _outages = threading.Lock(), threading.Lock(), Outages()
    _recording = Recording(_outages)
    _address, _public, _operators = None, None, 0
    _announcements.clear()


@atexit.register
def _end() -> None:
    """Let no thread write to a log that the end of the interpreter closes."""
    _recording.end()


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


def _on_a_free_port(wanted: int, start: Callable[[int], ServerAddress]) -> ServerAddress:
    """Bind `wanted`, or the first free port above it, as each Operator's process needs its own."""
    last = min(wanted + PORTS_TRIED, 2**16) - 1
    for port in range(wanted, last):
        try:
            return start(port)
        except OSError as error:
            if not is_port_in_use(error):
                raise
            logger.debug("%s", error)
    return start(last)
