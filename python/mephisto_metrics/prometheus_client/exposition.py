"""Showing registries: as text, over WSGI and HTTP, in files, pushed to a gateway.

Defined here are the servers of the standard library: a WSGI application and server, with TLS, and a
request handler. All other names of prometheus_client.exposition come from modules of their own.
"""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import ssl
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn
from typing import Any, Callable
from urllib.parse import parse_qs, urlparse
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from mephisto_metrics.prometheus_client.asgi import make_asgi_app
from mephisto_metrics.prometheus_client.encoding import (
    CONTENT_TYPE_LATEST,
    CONTENT_TYPE_PLAIN_0_0_4,
    CONTENT_TYPE_PLAIN_1_0_0,
    _bake_output,
    choose_encoder,
    generate_latest,
    gzip_accepted,
)
from mephisto_metrics.prometheus_client.gateway import (
    CompressionType,
    delete_from_gateway,
    instance_ip_grouping_key,
    push_to_gateway,
    pushadd_to_gateway,
)
from mephisto_metrics.prometheus_client.gateway_handlers import (
    basic_auth_handler,
    default_handler,
    passthrough_redirect_handler,
    tls_auth_handler,
)
from mephisto_metrics.prometheus_client.http_server import start_http_server
from mephisto_metrics.prometheus_client.openmetrics import exposition as openmetrics
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector
from mephisto_metrics.prometheus_client.textfile import write_to_textfile
from mephisto_metrics.prometheus_client.tls_context import _get_ssl_ctx
from mephisto_metrics.prometheus_client.utils import floatToGoString, parse_version

__all__ = [
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_PLAIN_0_0_4",
    "CONTENT_TYPE_PLAIN_1_0_0",
    "REGISTRY",
    "SNAPPY_AVAILABLE",
    "Collector",
    "CompressionType",
    "MetricsHandler",
    "ThreadingWSGIServer",
    "basic_auth_handler",
    "choose_encoder",
    "default_handler",
    "delete_from_gateway",
    "floatToGoString",
    "generate_latest",
    "gzip_accepted",
    "instance_ip_grouping_key",
    "make_asgi_app",
    "make_wsgi_app",
    "openmetrics",
    "parse_version",
    "passthrough_redirect_handler",
    "push_to_gateway",
    "pushadd_to_gateway",
    "start_http_server",
    "start_wsgi_server",
    "tls_auth_handler",
    "write_to_textfile",
]

SNAPPY_AVAILABLE = importlib.util.find_spec("snappy") is not None
"""Whether `compression="snappy"` can be asked of a push."""

WSGIEnvironment = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApplication = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

ALLOWED_METHODS = [("Allow", "OPTIONS,GET")]

LONGEST_HANDSHAKE_SECONDS = 10
LONGEST_GOODBYE_SECONDS = 1
MOST_READS_OF_A_REFUSED_CLIENT = 16


def make_wsgi_app(
    registry: Collector = REGISTRY, disable_compression: bool = False
) -> WSGIApplication:
    """Return a WSGI application that shows a registry, at any path."""

    def prometheus_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, headers, output = _answer(registry, disable_compression, environ)
        start_response(status, headers)
        return [output]

    return prometheus_app


def _answer(
    registry: Collector, disable_compression: bool, environ: WSGIEnvironment
) -> tuple[str, list[tuple[str, str]], bytes]:
    method = environ["REQUEST_METHOD"]
    if method == "OPTIONS":
        return "200 OK", ALLOWED_METHODS[:], b""
    if method != "GET":
        status = "405 Method Not Allowed"
        output = f"# HTTP {status}: {method}; use OPTIONS or GET\n"
        return status, ALLOWED_METHODS[:], output.encode()
    if environ["PATH_INFO"] == "/favicon.ico":
        return "200 OK", [], b""
    return _bake_output(
        registry,
        environ.get("HTTP_ACCEPT"),
        environ.get("HTTP_ACCEPT_ENCODING"),
        parse_qs(environ.get("QUERY_STRING", "")),
        disable_compression,
    )


class _SilentHandler(WSGIRequestHandler):
    """Does not write each request to stderr."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""


class ThreadingWSGIServer(ThreadingMixIn, WSGIServer):
    """A WSGI server with a thread for each request, which does not hold up the end."""

    daemon_threads = True


class _TlsServer(ThreadingWSGIServer):
    """Shakes hands in the thread of a request: a client that does not finish holds up nobody."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer over TLS, once hands are shaken."""
        request.settimeout(LONGEST_HANDSHAKE_SECONDS)
        try:
            request.do_handshake()
        except OSError:
            _let_client_read(request)
            return
        request.settimeout(None)
        super().finish_request(request, client_address)


def _let_client_read(connection: socket.socket) -> None:
    """Read what a client still sends, up to a limit, so that it learns why it is refused.

    When a connection is closed with something unread in it, the client's system fails the client's
    next write before it has read the alert.
    """
    with contextlib.suppress(OSError):
        connection.settimeout(LONGEST_GOODBYE_SECONDS)
        connection.shutdown(socket.SHUT_WR)
        for _ in range(MOST_READS_OF_A_REFUSED_CLIENT):
            if not connection.recv(65536):
                break


def start_wsgi_server(
    port: int,
    addr: str = "0.0.0.0",  # noqa: S104 - the original's default
    registry: Collector = REGISTRY,
    certfile: str | None = None,
    keyfile: str | None = None,
    client_cafile: str | None = None,
    client_capath: str | None = None,
    protocol: int = ssl.PROTOCOL_TLS_SERVER,
    client_auth_required: bool = False,
    tls_min_version: ssl.TLSVersion | None = None,
    tls_max_version: ssl.TLSVersion | None = None,
) -> tuple[WSGIServer, threading.Thread]:
    """Serve a registry by WSGI from a daemon thread, and return the server and the thread.

    Over TLS with `certfile` and `keyfile`; clients show a certificate of `client_cafile` or
    `client_capath` where `client_auth_required`. Raises `OSError` if the address cannot be bound
    or a certificate cannot be read.
    """
    family, host = _get_best_family(addr, port)
    kind = _TlsServer if certfile and keyfile else ThreadingWSGIServer
    server_class = type("Server", (kind,), {"address_family": family})
    application = make_wsgi_app(registry)
    server: WSGIServer = make_server(host, port, application, server_class, _SilentHandler)
    if certfile and keyfile:
        try:
            context = _get_ssl_ctx(
                certfile,
                keyfile,
                protocol,
                client_cafile,
                client_capath,
                client_auth_required,
                tls_min_version,
                tls_max_version,
            )
        except BaseException:
            server.server_close()
            raise
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return server, thread


def _get_best_family(address: str, port: int) -> tuple[socket.AddressFamily, str]:
    """Return IPv4 or IPv6, as an address needs, and the address resolved."""
    infos = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, socket_address = infos[0]
    return family, str(socket_address[0])


class MetricsHandler(BaseHTTPRequestHandler):
    """Answers GET requests of `http.server` with the metrics of `registry`."""

    registry: Collector = REGISTRY

    def do_GET(self) -> None:
        """Answer a scrape."""
        params = parse_qs(urlparse(self.path).query)
        accept, accept_encoding = self.headers.get("Accept"), self.headers.get("Accept-Encoding")
        status, headers, output = _bake_output(
            self.registry, accept, accept_encoding, params, False
        )
        self.send_response(int(status.split(" ")[0]))
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(output)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""

    @classmethod
    def factory(cls, registry: Collector) -> type:
        """Return a handler of this kind for a registry."""
        return type(cls.__name__, (cls,), {"registry": registry})
