"""The exposition server of this process: `/metrics` over HTTP."""

from __future__ import annotations

import threading
from typing import NamedTuple

from mephisto_metrics._core import REGISTRY, CollectorRegistry, ExpositionServer
from mephisto_metrics.ports import is_port_in_use, port_in_use_error


class ServerAddress(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address of `/metrics`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/metrics"


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
        raise OSError(error.errno, f"can not listen on {addr}:{port}: {error.strerror}") from None
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
