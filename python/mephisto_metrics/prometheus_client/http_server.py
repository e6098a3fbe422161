"""`start_http_server` as prometheus_client has it, over the server in Rust."""

from __future__ import annotations

import socket
import ssl
import threading

from mephisto_metrics import exposition
from mephisto_metrics._core import ServerTls
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector
from mephisto_metrics.prometheus_client.tls_context import _get_ssl_ctx

NEWEST = ssl.TLSVersion.TLSv1_3


class MetricsServer:
    """A running server, with what callers use of `wsgiref.simple_server.WSGIServer`."""

    def __init__(self, address: exposition.ServerAddress) -> None:
        self.server_address: tuple[str, int] = address
        self.server_port: int = address.port
        self.server_name: str = socket.getfqdn(address.host)

    def shutdown(self) -> None:
        """Stop serving and release the port; a second call does nothing."""
        exposition.stop_http_server(self.server_address)

    def server_close(self) -> None:
        """Do as `shutdown`: this server has no port to release without one to answer on it."""
        self.shutdown()


class ServerThread(threading.Thread):
    """Stands for the threads of a `MetricsServer`, which are not Python's.

    It was never started and has no `ident`; `is_alive` and `join` speak of the server.
    """

    def __init__(self, server: MetricsServer) -> None:
        super().__init__(name=f"metrics-server-{server.server_port}", daemon=True)
        self._has_ended = exposition.end_of_server(server.server_address)

    def is_alive(self) -> bool:
        """Return whether the server runs."""
        return not self._has_ended.is_set()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the server has ended, for `timeout` seconds at most."""
        self._has_ended.wait(timeout)


def start_http_server(
    port: int,
    addr: str = "127.0.0.1",
    registry: Collector = REGISTRY,
    certfile: str | None = None,
    keyfile: str | None = None,
    client_cafile: str | None = None,
    client_capath: str | None = None,
    protocol: int = ssl.PROTOCOL_TLS_SERVER,
    client_auth_required: bool = False,
    tls_min_version: ssl.TLSVersion | None = None,
    tls_max_version: ssl.TLSVersion | None = None,
) -> tuple[MetricsServer, ServerThread]:
    """Serve a registry at any path, and return the server and what stands for its thread.

    Over TLS with `certfile` and `keyfile`; clients show a certificate of `client_cafile` or
    `client_capath`, else of an authority that the system trusts, where `client_auth_required`.
    TLS 1.2 and 1.3 are spoken. Unlike the original, which listens on all addresses, this one
    listens on loopback unless `addr` says more.

    Raises `OSError` if the address cannot be bound or a certificate cannot be read, `ValueError`
    if no version of TLS is left to speak.
    """
    tls = None
    if certfile and keyfile:
        # For its errors, which are of the original's types and in its words.
        _get_ssl_ctx(
            certfile,
            keyfile,
            protocol,
            client_cafile,
            client_capath,
            client_auth_required,
            tls_min_version,
            tls_max_version,
        )
        authorities = _authorities(client_cafile, client_capath) if client_auth_required else None
        oldest, newest = _versions(protocol, tls_min_version, tls_max_version)
        tls = ServerTls(
            certfile,
            keyfile,
            client_authorities=authorities,
            has_tls_1_2=oldest <= ssl.TLSVersion.TLSv1_2 <= newest,
            has_tls_1_3=oldest <= ssl.TLSVersion.TLSv1_3 <= newest,
        )
    server = MetricsServer(exposition.start_http_server(port, addr, registry, tls=tls))
    return server, ServerThread(server)


def _authorities(cafile: str | None, capath: str | None) -> tuple[str | None, str | None]:
    """Return file and folder of the authorities whose clients are let in."""
    if cafile is None and capath is None:
        trusted = ssl.get_default_verify_paths()
        return trusted.cafile, trusted.capath
    return cafile, capath


def _versions(
    protocol: int, oldest: ssl.TLSVersion | None, newest: ssl.TLSVersion | None
) -> tuple[int, int]:
    """Return the range that a protocol and two limits leave; they can be given by name, too."""
    if protocol == ssl.PROTOCOL_TLSv1_2:
        return ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    if protocol not in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS):
        raise ValueError(
            f"Cannot create a server side socket with protocol {protocol!r}: "
            "expected ssl.PROTOCOL_TLS_SERVER"
        )
    # MINIMUM_SUPPORTED and MAXIMUM_SUPPORTED are below zero.
    lowest = oldest if oldest is not None and oldest > 0 else ssl.TLSVersion.TLSv1_2
    highest = newest if newest is not None and newest > 0 else NEWEST
    return lowest, highest
