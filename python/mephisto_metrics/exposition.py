"""The exposition server of this process: `/metrics` over HTTP."""

from __future__ import annotations

import atexit
import os
import socket
import threading
from typing import TYPE_CHECKING, NamedTuple

from mephisto_metrics import _core
from mephisto_metrics._core import ExpositionServer, Registry, ServerTls
from mephisto_metrics.machine.ports import address_text, is_port_in_use, port_in_use_error

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.prometheus_client.registry import Collector


LARGEST_PORT = 65535


class ServerAddress(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address of `/metrics`."""
        return f"http://{address_text(*self)}/metrics"


class Running(NamedTuple):
    """A server, and what is set when it has ended."""

    server: ExpositionServer
    has_ended: threading.Event


_servers: dict[ServerAddress, Running] = {}
_lock = threading.Lock()


def start_http_server(
    port: int,
    addr: str = "127.0.0.1",
    registry: Collector | None = None,
    *,
    tls: ServerTls | None = None,
    token_file: Path | None = None,
) -> ServerAddress:
    """Serve `registry` at `/metrics` and return the address bound (`port` 0: any free one).

    The server runs outside Python: it takes no GIL for native metrics, holds no Python thread, and
    ends with the process or by `stop_http_server`. `registry` is a registry or anything else with
    `collect()`; None stands for `REGISTRY`. With `token_file` only who sends the bearer token in
    that file is answered; it may change at any time. Raises `OSError` that names the port and,
    where it can be told, the process that holds it.
    """
    raise_unless_port(port)
    try:
        return keep(ExpositionServer(port, addr, contents_of(registry), tls, token_file))
    except OSError as error:
        raise binding_error(port, addr, error) from None


def raise_unless_port(port: int) -> None:
    """Raise what the standard library does for a number that is no port."""
    if not 0 <= port <= LARGEST_PORT:
        raise OverflowError(f"bind(): port must be 0-65535. Received: {port}")


def keep(server: ExpositionServer) -> ServerAddress:
    """Remember a server that has been started, and return its address."""
    address = ServerAddress(*server.address)
    with _lock:
        _servers[address] = Running(server, threading.Event())
    return address


def binding_error(port: int, addr: str, error: OSError) -> OSError:
    """Return what is told when an address cannot be bound."""
    if is_port_in_use(error):
        return port_in_use_error(addr, port, "choose another port, or 0 for any free one")
    if error.errno is None:
        # The resolver's fault, which the standard library has a type and numbers for.
        try:
            socket.getaddrinfo(addr, port)
        except socket.gaierror as fault:
            return socket.gaierror(fault.errno, f"{fault.strerror}: {addr}")
    return type(error)(error.errno, f"can not listen on {addr}:{port}: {error}")


def stop_http_server(address: tuple[str, int]) -> None:
    """Stop the server at `address`, as `start_http_server` returned it; else do nothing."""
    running = forget(address)
    if running is not None:
        running.server.close()
        running.has_ended.set()


def forget(address: tuple[str, int]) -> Running | None:
    """Return the server at `address`, which is from now on for the caller to stop.

    The host may be a name, such as the one that the server was started with.
    """
    try:
        host, port = address
    except (TypeError, ValueError):
        raise TypeError(
            "expected the address that start_http_server of mephisto_metrics returned, or another "
            f"pair of host and port: received {address!r}"
        ) from None
    with _lock:
        found = next((known for known in _servers if _is_same(known, host, port)), None)
        return None if found is None else _servers.pop(found)


def _is_same(known: ServerAddress, host: str, port: int) -> bool:
    if known.port != port or known.host == host:
        return known.port == port
    try:
        return any(info[4][0] == known.host for info in socket.getaddrinfo(host, port))
    except OSError:
        return False


def wait_for_scrape(timeout_seconds: float | None = None) -> bool:
    """Wait until a scrape that begins after this call has been taken to its end.

    For a program that is about to end: its last values are then with whoever scrapes it. Returns
    whether that happened within `timeout_seconds` (None: no limit). A scrape that chooses by
    `name[]` does not count. Any server of this process can be the one that is scraped.
    """
    return _core.wait_for_scrape(timeout_seconds)


def end_of_server(address: tuple[str, int]) -> threading.Event:
    """Return what is set when the server that runs at `address` has ended; set if none runs."""
    with _lock:
        running = _servers.get(ServerAddress(*address))
    if running is not None:
        return running.has_ended
    ended = threading.Event()
    ended.set()
    return ended


def contents_of(registry: Collector | None) -> Registry:
    """Return what the server reads: of a registry as we made it, its collectors one by one."""
    # The drop-in stands on this module.
    from mephisto_metrics.prometheus_client.registry import REGISTRY, CollectorRegistry

    registry = REGISTRY if registry is None else registry
    if isinstance(registry, CollectorRegistry) and (
        type(registry).collect is CollectorRegistry.collect
    ):
        return registry._native
    whole = Registry()
    whole.add(registry)
    return whole


def _stop_all() -> None:
    """End the servers while the interpreter can still answer what they ask of it."""
    for address in list(_servers):
        stop_http_server(address)


def _forget_in_child() -> None:
    """Leave a forked child without the servers of its parent, whose threads it does not have."""
    global _lock  # noqa: PLW0603 - another thread may have held it at the fork
    _lock = threading.Lock()
    for running in _servers.values():
        # Else the child would keep the port open when its parent has ended.
        os.close(running.server.fileno())
        running.has_ended.set()
    _servers.clear()


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
