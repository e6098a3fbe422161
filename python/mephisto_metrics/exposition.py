"""The exposition server of this process: `/metrics` over HTTP."""

from __future__ import annotations

import atexit
import os
import threading
from typing import NamedTuple

from mephisto_metrics._core import REGISTRY, CollectorRegistry, ExpositionServer
from mephisto_metrics.ports import address_text, is_port_in_use, port_in_use_error


class ServerAddress(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address of `/metrics`."""
        return f"http://{address_text(*self)}/metrics"


_servers: dict[ServerAddress, ExpositionServer] = {}
_lock = threading.Lock()


def start_http_server(
    port: int, addr: str = "127.0.0.1", registry: CollectorRegistry = REGISTRY
) -> ServerAddress:
    """Serve `registry` at `/metrics` and return the address bound (`port` 0: any free one).

    The server runs outside Python: it takes no GIL for native metrics, holds no Python thread, and
    ends with the process or by `stop_http_server`. Raises `OSError` that names the port and, where
    it can be told, the process that holds it.
    """
    try:
        server = ExpositionServer(port, addr, registry)
    except OSError as error:
        if is_port_in_use(error):
            way_out = "choose another port, or 0 for any free one"
            raise port_in_use_error(addr, port, way_out) from None
        raise type(error)(error.errno, f"can not listen on {addr}:{port}: {error}") from None
    address = ServerAddress(*server.address)
    with _lock:
        _servers[address] = server
    return address


def stop_http_server(address: tuple[str, int]) -> None:
    """Stop the server at `address`, as `start_http_server` returned it; else do nothing."""
    with _lock:
        server = _servers.pop(ServerAddress(*address), None)
    if server is not None:
        server.close()


def _stop_all() -> None:
    """End the servers while the interpreter can still answer what they ask of it."""
    for address in list(_servers):
        stop_http_server(address)


def _forget_in_child() -> None:
    """Leave a forked child without the servers of its parent, whose threads it does not have."""
    global _lock  # noqa: PLW0603 - another thread may have held it at the fork
    _lock = threading.Lock()
    for server in _servers.values():
        # Else the child would keep the port open when its parent has ended.
        os.close(server.fileno())
    _servers.clear()


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
