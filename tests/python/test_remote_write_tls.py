"""Remote write to receivers with a certificate."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.built_in_store import begin_sending_store, remote_write_metric

from mephisto_metrics._core import Store
from mephisto_metrics.stack.credentials import Credentials
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.remote import RemoteWrite

TIMEOUT_SECONDS = 60
CERTIFICATES = r"""
set -e
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority \
    -addext keyUsage=critical,keyCertSign -keyout authority.key -out authority.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout own.key -out own.request
printf 'subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n' > names
openssl x509 -req -days 2 -in own.request -extfile names -out own.pem \
    -CA authority.pem -CAkey authority.key -CAcreateserial
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stranger \
    -keyout stranger.key -out stranger.pem
"""


@pytest.fixture(scope="module")
def certificates(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    needs_program("openssl", "openssl")
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run(["/bin/sh", "-c", CERTIFICATES], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def receiver(certificates: Path) -> Iterator[Any]:
    """A server over TLS that takes whatever is posted; `authorizations` are those of requests."""
    authorizations: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            authorizations.append(self.headers["Authorization"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "own.pem", certificates / "own.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.authorizations = authorizations  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def start_store(tmp_path: Path, receiver: Any) -> Iterator[Callable[[Path], Store]]:
    """Give what starts a store that sends to the receiver and trusts the authorities of a file."""
    url = f"https://localhost:{receiver.server_port}/api/v1/write"
    with contextlib.ExitStack() as stores:

        def start(ca_file: Path) -> Store:
            credentials = Credentials(token="secret", ca_file=ca_file)
            store = begin_sending_store(tmp_path, RemoteWrite(url, credentials))
            return stores.enter_context(contextlib.closing(store))

        yield start


def test_a_receiver_is_sent_to_whose_authority_is_in_the_file(
    start_store: Callable[[Path], Store], certificates: Path, receiver: Any
) -> None:
    store = start_store(certificates / "authority.pem")
    assert wait_until(lambda: remote_write_metric(store, "samples_sent_total") > 0, TIMEOUT_SECONDS)
    assert set(receiver.authorizations) == {"Bearer secret"}


def test_a_receiver_of_another_authority_is_told_nothing_and_nothing_is_lost(
    start_store: Callable[[Path], Store], certificates: Path, receiver: Any
) -> None:
    store = start_store(certificates / "stranger.pem")
    assert wait_until(lambda: remote_write_metric(store, "retries_total") > 1, TIMEOUT_SECONDS)
    assert receiver.authorizations == []
    assert remote_write_metric(store, "pending_rows") > 0
    assert remote_write_metric(store, "samples_failed_total") == 0
