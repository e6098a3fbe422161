"""A server of archives that keeps to HTTP, or fails in the ways in which servers do."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class File:
    """What is served under a name, and how."""

    content: bytes
    etag: str | None = '"first"'
    last_modified: str | None = None
    content_type: str = "application/gzip"
    status: int = 200
    redirect: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    sends_range: bool = True
    heeds_if_range: bool = True
    says_length: bool = True
    said_length: int | None = None
    """A length other than the true one."""
    cut_after: list[int] = field(default_factory=list)
    """For each of the first answers: after how many bytes the connection is closed."""
    stall_after: list[int] = field(default_factory=list)
    """As above, but the connection stays open, and nothing comes."""
    statuses: list[int] = field(default_factory=list)
    """The first answers instead of the file."""
    is_silent: bool = False
    """The request is read, and never answered."""
    bytes_per_step: int = 1 << 16
    step_seconds: float = 0.0


@dataclass
class Request:
    path: str
    range: str | None
    headers: dict[str, str]


class Mirror:
    """The files, and which requests have come."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.files: dict[str, File] = {}
        self.requests: list[Request] = []
        self.ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def add(self, name: str, content: bytes, **how: Any) -> File:
        self.files[name] = File(content, **how)
        return self.files[name]

    def add_checksums(self, *names: str) -> None:
        """Serve the checksums of Prometheus's archives."""
        lines = [f"{sha256(self.files[name].content).hexdigest()}  {name}\n" for name in names]
        self.add("sha256sums.txt", "".join(lines).encode(), content_type="text/plain")

    def ranges(self, name: str) -> list[str | None]:
        """Return the `Range` of each request for a file."""
        return [one.range for one in self.requests if one.path.rpartition("/")[2] == name]

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def mirror(certificate: Path | None = None) -> Iterator[Mirror]:
    server = Mirror(certificate)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def silent_port() -> Iterator[int]:
    """Give a port that takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def closed_port() -> Iterator[int]:
    """Give a port on which nobody listens, and nobody else will meanwhile."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield server.getsockname()[1]


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_CONNECT(self) -> None:
            mirror.requests.append(Request(self.path, None, dict(self.headers)))
            self._answer(403, {"Content-Length": "0"})

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            mirror.requests.append(Request(self.path, asked, dict(self.headers)))
            # A proxy is asked with a whole address.
            file = mirror.files.get(self.path.rpartition("/")[2])
            if file is None:
                self._answer(404, {"Content-Length": "0"})
            elif file.is_silent:
                mirror.ended.wait(60)
                self.close_connection = True
            elif file.redirect:
                self._answer(302, {"Location": file.redirect, "Content-Length": "0"})
            elif file.statuses:
                self._answer(file.statuses.pop(0), {"Content-Length": "0"})
            else:
                self._send(file, asked)

        def _answer(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def _send(self, file: File, asked: str | None) -> None:
            first, total = 0, len(file.content)
            match = re.fullmatch(r"bytes=(\d+)-", asked or "")
            if_range = self.headers.get("If-Range")
            is_same = if_range in {None, file.etag, file.last_modified}
            if match and file.sends_range and (is_same or not file.heeds_if_range):
                first = int(match[1])
                if first >= total:
                    headers = {"Content-Range": f"bytes */{total}", "Content-Length": "0"}
                    return self._answer(416, headers)
            headers = {"Content-Type": file.content_type, **file.headers}
            if first:
                headers["Content-Range"] = f"bytes {first}-{total - 1}/{total}"
            if file.etag:
                headers["ETag"] = file.etag
            if file.last_modified:
                headers["Last-Modified"] = file.last_modified
            length = total - first if file.said_length is None else file.said_length
            if file.says_length:
                headers["Content-Length"] = str(length)
            else:
                self.close_connection = True
                headers["Connection"] = "close"
            self._answer(206 if first else file.status, headers)
            self._body(file, file.content[first:])
            return None

        def _body(self, file: File, content: bytes) -> None:
            end, then_stalls = len(content), False
            if file.cut_after:
                end = file.cut_after.pop(0)
                self.close_connection = True
            elif file.stall_after:
                end, then_stalls = file.stall_after.pop(0), True
            if file.said_length is not None:
                self.close_connection = True
            try:
                for start in range(0, end, file.bytes_per_step):
                    self.wfile.write(content[start : min(start + file.bytes_per_step, end)])
                    if file.step_seconds and mirror.ended.wait(file.step_seconds):
                        break
            except (OSError, ValueError):  # the client has gone
                self.close_connection = True
            if then_stalls:
                mirror.ended.wait(60)
                self.close_connection = True

    return Handler


def packed_once_more(content: bytes) -> bytes:
    """Return what a server makes of an archive that it takes for a packed text."""
    return gzip.compress(content)
