"""Who holds a port: for error messages that say more than "address already in use"."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

import psutil

from mephisto_metrics.machine.users import user_name

_LISTENS = "0A"
"""A state in `/proc/net/tcp`."""


def port_in_use_error(host: str, port: int, way_out: str) -> OSError:
    """Return an error that names the port, its holder where that can be told, and the way out."""
    holder = describe_holder(port)
    reason = (
        f"port {port} on {host} is already in use{f' by {holder}' if holder else ''}; {way_out}"
    )
    return OSError(errno.EADDRINUSE, reason)


def check_is_free(host: str, port: int, way_out: str) -> None:
    """Raise the error of `port_in_use_error` if `port` can not be bound because it is in use."""
    try:
        _bind(host, port)
    except OSError as error:
        if is_port_in_use(error):
            raise port_in_use_error(host, port, way_out) from None
        raise


def is_free(host: str, port: int) -> bool:
    """Whether `port` can be bound at the moment."""
    try:
        _bind(host, port)
    except OSError:
        return False
    return True


def free_port(host: str) -> int:
    """Return a port that nobody listens on at the moment, for programs that must be told one."""
    return _bind(host, 0)


def _bind(host: str, port: int) -> int:
    """Bind a port for a moment and return it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # A server that has just ended leaves connections behind that hold up nobody.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def address_text(host: str, port: int) -> str:
    """Return `host:port` as it stands in a URL, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def describe_holder(port: int) -> str | None:
    """Name the process that listens on `port`, such as `nginx (PID 4711)`; None if nobody can tell.

    Other users' processes are hidden from an ordinary user on most systems: then it is the user
    who is named, where that can be told.
    """
    try:
        pid = _pid_of_listener(port)
        if pid is not None:
            return f"{psutil.Process(pid).name()} (PID {pid})"
    except (psutil.Error, OSError, RuntimeError):
        pass
    owner = _owner_of_listener(port)
    return None if owner is None else f"a process of {user_name(owner)}"


def _pid_of_listener(port: int) -> int | None:
    """Return who listens on `port`, the first of several; None if it is hidden, or nobody."""
    try:
        found = [one.pid for one in psutil.net_connections(kind="tcp") if _listens(one, port)]
    except psutil.AccessDenied:  # macOS tells all of them to root alone
        found = [process.pid for process in psutil.process_iter() if _has_listener(process, port)]
    return min((pid for pid in found if pid), default=None)


def _has_listener(process: psutil.Process, port: int) -> bool:
    """Whether a process listens on `port`; one of another user can not be asked."""
    # Its name before psutil 6.
    connections = getattr(process, "net_connections", None) or process.connections
    try:
        return any(_listens(connection, port) for connection in connections(kind="tcp"))
    except psutil.Error:
        return False


def _listens(connection: Any, port: int) -> bool:
    is_listener: bool = connection.status == psutil.CONN_LISTEN
    return is_listener and connection.laddr[1:2] == (port,)


def _owner_of_listener(port: int) -> int | None:
    """Return the number of the user who listens on `port`: on Linux that is never hidden."""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            sockets = [line.split() for line in table.read_text().splitlines()[1:]]
        except OSError:
            continue
        for _, local, _, state, _, _, _, owner, *_ in sockets:
            if state == _LISTENS and int(local.rpartition(":")[2], 16) == port:
                return int(owner)
    return None


def is_port_in_use(error: OSError) -> bool:
    """Whether an error of binding a socket says that somebody else holds the address."""
    return error.errno == errno.EADDRINUSE or (
        # Windows has a number of its own for it.
        os.name == "nt" and getattr(error, "winerror", None) == 10048  # noqa: PLR2004
    )
