"""`mephisto metrics dashboards push` into a Grafana of one's own, by a stand-in for it."""

from __future__ import annotations

import contextlib
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
from tests.certificates import Certificates, make_certificates
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
    moved = changes(push("--url", url, "--store-url", "http://127.0.0.1:10", "--json"))
    assert {thing for thing, action in moved.items() if action == "updated"} == {
        "data source mephisto-metrics"
    }
    assert ask(url, "/api/datasources/uid/mephisto-metrics")[1]["url"] == "http://127.0.0.1:10"


def test_rules_that_others_put_into_the_group_stay_and_paused_ones_stay_paused(
    url: str, push: Any
) -> None:
    from mephisto_metrics.stack.grafana.api import GrafanaApi

    changes(push("--url", url, "--store-url", STORE_URL, "--json"))
    api = GrafanaApi(url, token="glsa_admin", is_local=True)
    path = "/api/v1/provisioning/folder/mephisto-metrics/rule-groups/mephisto"
    group = api.get(path, {})
    assert group is not None
    paused = group["rules"][0]["uid"]
    group["rules"][0] |= {"isPaused": True, "title": "changed"}
    group["rules"].append({**group["rules"][1], "uid": "somebodys-own", "title": "Own"})
    api.send("PUT", path, group, X_Disable_Provenance="true")

    again = changes(push("--url", url, "--store-url", STORE_URL, "--json"))
    assert again["alerts mephisto"] == "updated"
    rules = {rule["uid"]: rule for rule in api.get(path, {})["rules"]}  # type: ignore[index]
    assert rules["somebodys-own"]["title"] == "Own"
    assert rules[paused]["isPaused"]
    assert rules[paused]["title"] == "MephistoOperatorDown"


def test_a_dry_run_says_what_would_be_done_and_does_nothing(url: str, push: Any) -> None:
    before = state(url)
    done = push("--url", url, "--store-url", STORE_URL, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "created   dashboard   mephisto\n" in done.stdout
    assert "nothing was changed" in done.stderr
    assert state(url) == before


def test_without_a_store_the_only_prometheus_is_taken(url: str, push: Any) -> None:
    none = push("--url", url)
    assert none.returncode == 1
    assert "--store-url" in none.stderr
    assert state(url)[1][0] == 404, "nothing was made before it was clear"

    changes(push("--url", url, "--store-url", STORE_URL, "--data-source", "theirs", "--json"))
    taken = changes(push("--url", url, "--json"))
    assert not any(thing.startswith("data source") for thing in taken)
    assert set(taken.values()) == {"unchanged"}


def test_a_data_source_that_is_not_there_is_told(url: str, push: Any) -> None:
    done = push("--url", url, "--data-source", "gone")
    assert done.returncode == 1
    assert "no data source with the uid `gone`" in done.stderr


def test_alerts_can_be_left_out(url: str, push: Any) -> None:
    done = changes(push("--url", url, "--store-url", STORE_URL, "--no-alerts", "--json"))
    assert not any(thing.startswith("alerts") for thing in done)


@pytest.mark.parametrize("way", ["file", "stdin", "variable"])
def test_the_token_comes_from_a_file_from_stdin_or_from_a_variable(
    url: str, push: Any, tmp_path: Path, way: str
) -> None:
    (tmp_path / "token").write_text("glsa_admin\n")
    arguments = {"file": ["--token-file", str(tmp_path / "token")], "stdin": ["--token", "-"]}
    done = push(
        *("--url", url, "--store-url", STORE_URL, "--dry-run"),
        *arguments.get(way, []),
        token="glsa_admin" if way == "variable" else None,
        stdin="glsa_admin\n",
    )
    assert done.returncode == 0, done.stderr


def test_a_token_on_the_command_line_is_refused(url: str, push: Any) -> None:
    done = push("--url", url, "--token", "glsa_admin")
    assert done.returncode == 2
    assert "--token-file" in done.stderr
    assert "glsa_admin" not in done.stderr


def test_a_missing_or_empty_token_is_told(url: str, push: Any, tmp_path: Path) -> None:
    assert push("--url", url, token=None).returncode == 2
    (tmp_path / "token").write_text("\n")
    empty = push("--url", url, "--token-file", str(tmp_path / "token"))
    assert (empty.returncode, "there is no token in" in empty.stderr) == (1, True)
    gone = push("--url", url, "--token-file", str(tmp_path / "gone"))
    assert (gone.returncode, "can not be read" in gone.stderr) == (1, True)


@pytest.mark.parametrize(
    ("token", "status", "hint"), [("wrong", 401, "Service accounts"), ("glsa_viewer", 403, "Admin")]
)
def test_a_token_that_may_not_is_told(
    url: str, push: Any, token: str, status: int, hint: str
) -> None:
    done = push("--url", url, "--store-url", STORE_URL, token=token)
    assert done.returncode == 1
    assert f"with {status}" in done.stderr
    assert hint in done.stderr
    assert token not in done.stderr
    assert "Traceback" not in done.stderr


def test_boards_that_are_provisioned_by_files_are_told_of(tmp_path: Path, push: Any) -> None:
    from mephisto_metrics.stack.grafana import packaged, provisioning

    provider = provisioning.as_file(provisioning.boards(packaged.boards_folder()))
    with existing_grafana(tmp_path, {"dashboards/theirs.yaml": provider}) as url:
        done = push("--url", url, "--store-url", STORE_URL)
    assert done.returncode == 1
    assert "Cannot save provisioned dashboard" in done.stderr
    assert "files" in done.stderr


def test_a_data_source_that_is_provisioned_by_files_is_taken_as_it_is_or_told_of(
    tmp_path: Path, push: Any
) -> None:
    from mephisto_metrics.stack.grafana import provisioning

    theirs = provisioning.as_file(provisioning.data_source("theirs", STORE_URL, 5.0))
    with existing_grafana(tmp_path, {"datasources/theirs.yaml": theirs}) as url:
        here = ("--url", url, "--data-source", "theirs", "--store-url")
        other = push(*here, "http://127.0.0.1:10")
        assert state(url)[1][0] == 404, "nothing was made"
        same = changes(push(*here, STORE_URL, "--json"))
    assert other.returncode == 1
    assert "provisioned there by files" in other.stderr
    assert "Admin" not in other.stderr
    assert same["data source theirs"] == "unchanged"


def test_data_sources_over_several_stores_can_be_made(url: str, push: Any) -> None:
    arguments = ("--url", url, "--store-url", STORE_URL, "--json")
    for uid in ("mephisto-metrics", "one", "two"):
        assert changes(push(*arguments, "--data-source", uid))[f"data source {uid}"] == "created"
    names = {source["uid"]: source["name"] for source in ask(url, "/api/datasources")[1]}
    assert names == {
        "mephisto-metrics": "Mephisto metrics",
        "one": "Mephisto metrics (one)",
        "two": "Mephisto metrics (two)",
    }


def test_a_grafana_too_old_for_the_alerts_is_told(
    tmp_path: Path, push: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_GRAFANA_FAILS_AT_NEW_RULES", "yes")
    with existing_grafana(tmp_path) as url:
        done = push("--url", url, "--store-url", STORE_URL)
        assert changes(push("--url", url, "--store-url", STORE_URL, "--no-alerts", "--json"))
    assert done.returncode == 1
    assert "with 500" in done.stderr
    assert "before 11.5.2" in done.stderr
    assert "--no-alerts" in done.stderr


def test_what_is_no_grafana_is_told(push: Any, answering: Callable[[bytes], str]) -> None:
    page = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    done = push("--url", page)
    assert done.returncode == 1
    assert "not in JSON" in done.stderr


@pytest.mark.parametrize("head", [b"404 Not Found", b"200 OK"])
def test_what_only_answers_is_not_taken_for_a_grafana_without_boards(
    push: Any, answering: Callable[[bytes], str], head: bytes
) -> None:
    url = answering(b"HTTP/1.1 " + head + b"\r\nContent-Length: 2\r\n\r\n{}")
    done = push("--url", url, "--store-url", STORE_URL, "--dry-run")
    assert done.returncode == 1, done.stdout
    assert "answers GET /api/health" in done.stderr
    assert "with its path where it is served below one" in done.stderr


@pytest.mark.parametrize("options", [[], ["--data-source", "x"], ["--store-url", STORE_URL]])
def test_what_answers_everything_alike_is_told_to_be_no_grafana(
    push: Any, answering: Callable[[bytes], str], options: list[str]
) -> None:
    body = b'{"version":null,"database":"ok"}'
    url = answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    done = push("--url", url, *options)
    assert done.returncode == 1, done.stderr
    assert f"{url} answers GET /api/datasources" in done.stderr
    assert "not as Grafana does" in done.stderr


def test_a_redirection_is_not_followed_with_the_token(
    push: Any, answering: Callable[[bytes], str]
) -> None:
    moved = b"HTTP/1.1 301 Moved\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n"
    done = push("--url", answering(moved), "--store-url", STORE_URL)
    assert done.returncode == 1
    assert "with 301" in done.stderr
    assert "moves to" in done.stderr


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """Give the address of a server that answers every request with the same bytes."""
    with contextlib.ExitStack() as servers:

        def start(answer: bytes) -> str:
            def respond(connection: socket.socket) -> None:
                connection.recv(65536)
                connection.sendall(answer)

            return f"http://127.0.0.1:{servers.enter_context(taking_connections(respond))}"

        yield start


@contextlib.contextmanager
def taking_connections(respond: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give the port of a server, each connection of which is handed on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        respond(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            # To close it alone would let the thread wait on, by a number that another socket gets.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_an_address_where_nobody_listens_is_told(push: Any) -> None:
    done = push("--url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "can not be reached at http://127.0.0.1:9: Connection refused" in done.stderr


@pytest.fixture
def certificates(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Certificates:
    return make_certificates(needs_program, tmp_path_factory.mktemp("certificates"))


def test_a_certificate_is_trusted_once_what_the_hint_says_is_done(
    push: Any, certificates: Certificates
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)

    def refuse(connection: socket.socket) -> None:
        with contextlib.ExitStack() as opened:
            opened.enter_context(contextlib.suppress(ssl.SSLError))
            secure = opened.enter_context(context.wrap_socket(connection, server_side=True))
            secure.recv(65536)
            secure.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}")

    with taking_connections(refuse) as port:
        url = f"https://localhost:{port}"
        unknown = push("--url", url)
        known = push("--url", url, REQUESTS_CA_BUNDLE=str(certificates.authority))
    assert unknown.returncode == known.returncode == 1
    assert "is not trusted" in unknown.stderr
    assert "REQUESTS_CA_BUNDLE" in unknown.stderr
    assert "with 401" in known.stderr


def test_a_file_of_authorities_that_is_not_there_is_told(push: Any) -> None:
    done = push("--url", "https://localhost:9", REQUESTS_CA_BUNDLE="/nowhere.pem")
    assert done.returncode == 1
    assert "/nowhere.pem" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("grafana.example", "`grafana.example` is no address of a Grafana"),
        ("ftp://x", "`ftp://x` is no address of a Grafana"),
        ("http://x:y", "is no address of a Grafana"),
        ("http://me:hunter2@x", "`http://x` was given with a name or a password in it"),
        ("http://x/?token=hunter2", "`http://x/` was given with a `?` or `#` after it"),
    ],
)
def test_what_is_no_address_of_a_grafana_is_wrong_usage(push: Any, address: str, told: str) -> None:
    done = push("--url", address)
    assert done.returncode == 2
    assert told in done.stderr
    assert "hunter2" not in done.stderr
