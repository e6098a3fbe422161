"""A store elsewhere that answers only to whom it knows, over TLS or not."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.certificates import Certificates

BELOW = "/prometheus"
ANSWER = json.dumps(
    {
        "status": "success",
        "data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, "1"]}]},
    }
).encode()


class DemandingStore(ThreadingHTTPServer):
    """Answers queries below `/prometheus`, and takes samples, where a request has all `demanded`.

    What it demands are headers and their values. Below `/elsewhere` is a redirect to it.
    """

    def __init__(
        self, demanded: Mapping[str, str], certificates: Certificates | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.demanded = demanded
        self.taken = threading.Event()
        """Set once samples were sent to it."""
        scheme = "http"
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate, certificates.key)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server_port}{BELOW}"

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that do not trust it go away."""


@contextlib.contextmanager
def demanding_store(
    demanded: Mapping[str, str], certificates: Certificates | None = None
) -> Iterator[DemandingStore]:
    """Serve one for as long as the block runs."""
    store = DemandingStore(demanded, certificates)
    thread = threading.Thread(target=store.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        store.shutdown()
        thread.join()
        store.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: DemandingStore

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        missing = [
            name for name, value in self.server.demanded.items() if self.headers[name] != value
        ]
        if self.path == "/elsewhere/api/v1/query?query=1":
            self._answer(302, b"", ("Location", f"{BELOW}/api/v1/query?query=1"))
        elif missing:
            self._answer(401 if missing[0] == "Authorization" else 403, b"")
        elif urlsplit(self.path).path == f"{BELOW}/api/v1/query":
            self._answer(200, ANSWER)
        elif self.path == f"{BELOW}/api/v1/write":
            self.server.taken.set()
            self._answer(200, b"")
        else:
            self._answer(404, b"")

    do_POST = do_GET  # noqa: N815

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
