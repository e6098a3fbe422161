"""A forward proxy, through which names reach a store that no name server knows."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.demanding_store import DemandingStore


class Proxy(ThreadingHTTPServer):
    """Takes every request for a name to one store, and every tunnel."""

    daemon_threads = True

    def __init__(self, store: DemandingStore) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.store_address = ("127.0.0.1", store.server_port)
        self.hosts: list[str] = []
        """Who was asked for, so far."""


@contextlib.contextmanager
def forward_proxy(store: DemandingStore) -> Iterator[Proxy]:
    """Serve one for as long as the block runs."""
    proxy = Proxy(store)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.hosts.append(self.path)
        with socket.create_connection(self.server.store_address) as there:
            self.send_response(200)
            self.end_headers()
            _relay(self.connection, there)

    def do_GET(self) -> None:
        self.server.hosts.append(urlsplit(self.path).netloc)
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        there = http.client.HTTPConnection(*self.server.store_address)
        path = self.path[self.path.index("/", len("http://")) :]
        there.request(self.command, path, body, dict(self.headers))
        with contextlib.closing(there), there.getresponse() as answer:
            self.send_response(answer.status)
            content = answer.read()
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass on what each says until one of them has nothing more to say."""
    while True:
        for speaker in select.select([one, other], [], [])[0]:
            content = speaker.recv(65536)
            if not content:
                return
            (other if speaker is one else one).sendall(content)
