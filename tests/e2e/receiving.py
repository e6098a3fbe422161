"""A server that takes all, or sends it on to another one, and remembers how it was asked."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from email.message import Message


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, redirects_to: str | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.redirects_to = redirects_to
        self.seen: list[Message] = []


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        self.server.seen.append(self.headers)
        if self.server.redirects_to is None:
            self.send_response(204)
        else:
            self.send_response(307)
            self.send_header("Location", self.server.redirects_to)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def receiver(redirects_to: str | None = None) -> Iterator[tuple[str, list[Message]]]:
    """Give its address, and the headers of each request that it has had."""
    with Server(redirects_to) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/v1/push", server.seen
        finally:
            server.shutdown()
            thread.join()
