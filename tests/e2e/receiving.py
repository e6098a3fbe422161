"""A receiver of remote write that takes all, and remembers how it was asked."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator

Headers = dict[str, str]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[Headers] = []


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(dict(self.headers))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def receiver() -> Iterator[tuple[str, list[Headers]]]:
    """Give its address, and the headers of each request that it has had."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/v1/push", server.seen
        finally:
            server.shutdown()
            thread.join()
