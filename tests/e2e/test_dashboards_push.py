"""`mephisto metrics dashboards push` into a Grafana of one's own, by a stand-in for it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.stand_ins.existing import ENVIRONMENT, existing_grafana
from tests.stand_ins.running import ask

SCRIPTS = Path(sys.executable).parent
ADMIN_TOKEN = "glsa_admin"
STORE_URL = "http://127.0.0.1:9"
TIMEOUT_SECONDS = 60


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with existing_grafana(tmp_path) as address:
        yield address


@pytest.fixture
def push(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(
        *arguments: str,
        token: str | None = ADMIN_TOKEN,
        stdin: str = "",
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        environment = {**ENVIRONMENT, "MEPHISTO_METRICS_HOME": str(tmp_path / "home"), **variables}
        if token is not None:
            environment["GRAFANA_TOKEN"] = token
        return subprocess.run(
            [str(SCRIPTS / "mephisto-metrics"), "dashboards", "push", *arguments],
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )

    return run


def changes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)["changes"]
    return {f"{change['kind']} {change['uid']}": change["action"] for change in listed}


def state(url: str) -> list[Any]:
    """Return all that a push can have changed, with how often."""
    boards = [each["uid"] for each in ask(url, "/api/search")[1]]
    return [
        ask(url, "/api/datasources"),
        ask(url, "/api/folders/mephisto-metrics"),
        ask(url, "/api/v1/provisioning/folder/mephisto-metrics/rule-groups/mephisto"),
        *(ask(url, f"/api/dashboards/uid/{uid}") for uid in boards),
    ]


def test_a_second_push_leaves_everything_as_the_first_made_it(url: str, push: Any) -> None:
    first = changes(push("--url", url, "--store-url", STORE_URL, "--json"))
    assert set(first.values()) == {"created"}
    assert {"data source mephisto-metrics", "dashboard mephisto", "alerts mephisto"} <= first.keys()
    after_first = state(url)

    second = changes(push("--url", url, "--store-url", STORE_URL, "--json"))
    assert second == dict.fromkeys(first, "unchanged")
    assert state(url) == after_first


def test_boards_and_alerts_ask_the_data_source_that_was_made(url: str, push: Any) -> None:
    changes(push("--url", url + "/", "--store-url", STORE_URL, "--json"))
    group = ask(url, "/api/v1/provisioning/folder/mephisto-metrics/rule-groups/mephisto")[1]
    uids = {part["datasourceUid"] for rule in group["rules"] for part in rule["data"]}
    assert uids == {"mephisto-metrics", "__expr__"}
    assert group["interval"] == 30
    assert {rule["provenance"] for rule in group["rules"]} == {""}, "it can be changed in Grafana"
    board = ask(url, "/api/dashboards/uid/mephisto")[1]
    assert board["meta"]["folderUid"] == "mephisto-metrics"
    variable = board["dashboard"]["templating"]["list"][0]
    assert variable["current"]["value"] == "mephisto-metrics"


def test_only_what_differs_is_written(url: str, push: Any) -> None:
    changes(push("--url", url, "--store-url", STORE_URL, "--json"))
    moved = b"HTTP/1.1 301 Moved\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n"
    done = push("--url", answering(moved), "--store-url", STORE_URL)
    assert done.returncode == 1
    assert "with 301" in done.stderr
    assert "moves to" in done.stderr


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """Give the address of a server that answers every request with the same bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer: bytes) -> None:
        try:
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)
        except OSError:
            return

    def start(answer: bytes) -> str:
        threading.Thread(target=serve, args=(answer,), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    listener.close()


def test_an_address_where_nobody_listens_is_told(push: Any) -> None:
    done = push("--url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "can not be reached at http://127.0.0.1:9: Connection refused" in done.stderr


def test_a_certificate_that_is_not_trusted_is_told(
    push: Any, tmp_path: Path, needs_program: Callable[[str, str], str]
) -> None:
    make = [needs_program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
    make += ["-subj", "/CN=localhost", "-days", "1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(make, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=shake_hands, args=(listener, context), daemon=True).start()
        done = push("--url", f"https://localhost:{listener.getsockname()[1]}")
    assert done.returncode == 1
    assert "is not trusted" in done.stderr
    assert "REQUESTS_CA_BUNDLE" in done.stderr


def shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    try:
        while True:
            connection, _ = listener.accept()
            try:
                context.wrap_socket(connection, server_side=True).close()
            except ssl.SSLError:
                connection.close()
    except OSError:
        return


@pytest.mark.parametrize(
    "address",
    ["grafana.example", "ftp://x", "http://me:hunter2@x", "http://x/?orgId=2", "http://x:y"],
)
def test_what_is_no_address_of_a_grafana_is_wrong_usage(push: Any, address: str) -> None:
    done = push("--url", address)
    assert done.returncode == 2
    assert "is no address of a Grafana" in done.stderr
