"""A Grafana that is started here, by a stand-in for it, over the real built-in store."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.built_in_store import begin_store, url_of
from tests.stand_ins.archives import grafana_release
from tests.stand_ins.running import (
    as_installed,
    ask,
    change_password,
    ready,
    started,
    without_grafanas_variables,
)

from mephisto_metrics.machine.ports import is_free
from mephisto_metrics.stack.credentials import Credentials
from mephisto_metrics.stack.grafana import (
    GrafanaOptions,
    default_dashboard_url,
    how_to_log_in,
    prepare,
)
from mephisto_metrics.stack.grafana.readiness import Readiness
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, wait_until
from mephisto_metrics.stack.store_state import StoreState
from mephisto_metrics.stack.viewer import ServedGrafana

PASSWORD = 'Käse; #"$HOME" $$ 100%'
TOKEN = "glsa_secretsecret"
TIMEOUT_SECONDS = 30


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_grafanas_variables(monkeypatch)
    # What a proxy of the environment answers must not be taken for Grafana's answer.
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "a home; of #mine"))
    return tmp_path / "a home; of #mine"


@pytest.fixture
def store_url(tmp_path: Path) -> Iterator[str]:
    with contextlib.closing(begin_store(tmp_path / "store")) as store:
        yield url_of(store)


@pytest.fixture
def prepared(home: Path, tmp_path: Path, store_url: str) -> Any:
    program = as_installed(grafana_release(tmp_path / "bin"))

    def prepare_with(**changes: Any) -> Any:
        values: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": 0,
            "user": "admin",
            "password": None,
            "store_url": store_url,
            "scrape_interval_seconds": 1.0,
        }
        return prepare(program, GrafanaOptions(**{**values, **changes}))

    return prepare_with


def test_it_is_ready_when_its_data_source_answers_and_shows_the_boards(prepared: Any) -> None:
    program = prepared()
    with ready(program):
        assert ask(program.url, "/api/health")[1]["database"] == "ok"
        boards = {board["uid"] for board in ask(program.url, "/api/search")[1]}
        assert {"mephisto", "mephisto_pipeline"} <= boards
        for address in (default_dashboard_url(program.url), program.url + "/"):
            status, page = ask(program.url, address[len(program.url) :])
            assert status == 200
            assert "Mephisto: default monitoring" in page


def test_it_is_not_ready_while_its_store_does_not_answer(prepared: Any) -> None:
    program = prepared(store_url="http://127.0.0.1:9")
    with started(program):
        assert wait_until(lambda: is_healthy(program.url), TIMEOUT_SECONDS)
        assert not program.is_ready()
        explained = program.explain([])
    assert "Post http://127.0.0.1:9/api/v1/query" in explained, "what Grafana says of it"
    assert not program.is_ready()
    assert program.explain([]) is None, "it is no more the store's fault"


def test_it_is_ready_though_its_store_takes_longer_than_grafana_itself_may(
    prepared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_GRAFANA_QUERY_SECONDS", str(ANSWER_TIMEOUT_SECONDS + 0.5))
    program = prepared()
    with started(program):
        assert wait_until(lambda: is_healthy(program.url), TIMEOUT_SECONDS)
        assert program.is_ready()


def is_healthy(url: str) -> bool:
    try:
        return ask(url, "/api/health")[0] == 200
    except OSError:
        return False


def test_it_is_not_ready_before_it_listens(prepared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_GRAFANA_MIGRATION_SECONDS", "600")
    program = prepared()
    with started(program) as process:
        assert wait_until(lambda: "migrations" in log_of(program), TIMEOUT_SECONDS)
        assert not program.is_ready()
        assert process.poll() is None
    assert program.start_timeout_seconds >= 60


def test_of_one_that_hangs_only_the_health_is_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the system accepts for it
        readiness = Readiness(f"http://127.0.0.1:{silent.getsockname()[1]}", "admin", "admin")
        assert not readiness()
        assert readiness.explain([]) is None, "its data source was not asked, for which it has long"


def test_a_store_at_another_address_is_followed_without_waiting_for_a_long_start(
    home: Path, tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = as_installed(grafana_release(tmp_path / "bin"))
    options = GrafanaOptions("127.0.0.1", 0, "admin", None, store_url, 1.0)
    served = ServedGrafana(program, options, lambda _: None)
    try:
        first_url, elsewhere = served.url, store_url.replace("127.0.0.1", "localhost")
        assert served.is_ready()
        monkeypatch.setenv("STAND_IN_GRAFANA_MIGRATION_SECONDS", "600")
        (home / "data" / "grafana" / "grafana.db").unlink()
        served.follow(StoreState("builtin", elsewhere, 1.0, os.getpid()))
        assert not served.is_ready()
        served.check()

        monkeypatch.delenv("STAND_IN_GRAFANA_MIGRATION_SECONDS")
        served.follow(StoreState("builtin", store_url, 1.0, os.getpid()))
        assert served.url == first_url
        assert wait_until(served.is_ready, TIMEOUT_SECONDS)
    finally:
        served.stop()


def log_of(program: Any) -> str:
    return str(program.log_path.read_text()) if program.log_path.exists() else ""


def test_who_changed_the_password_in_grafana_is_not_locked_out_by_our_asking(
    prepared: Any, home: Path, tmp_path: Path
) -> None:
    with ready(prepared()):
        pass
    change_password(tmp_path / "bin" / "grafana-13.1.3", home, "chosen in Grafana")

    program = prepared()
    with ready(program):
        for _ in range(20):
            assert program.is_ready()
        assert ask(program.url, "/api/search", password="chosen in Grafana")[0] == 200


def test_no_secret_is_on_a_command_line_in_an_environment_or_in_a_log(
    prepared: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFANA_PASSWORD", PASSWORD)
    program = prepared(password=PASSWORD, credentials=Credentials(token=TOKEN))
    with ready(program) as process:
        assert ask(program.url, "/api/search", password=PASSWORD)[0] == 200
        running = psutil.Process(process.pid)
        shown = [*running.cmdline(), *running.environ().values(), log_of(program)]
        assert not [text for text in shown if PASSWORD in text or TOKEN in text]
    for log in (home / "logs").rglob("*"):
        assert log.is_dir() or PASSWORD not in log.read_text()


@pytest.mark.skipif(not is_free("::1", 0), reason="this machine has no IPv6")
def test_it_is_shown_at_an_ipv6_address_too(prepared: Any) -> None:
    program = prepared(host="::1")
    assert program.url.startswith("http://[::1]:")
    with ready(program):
        assert ask(program.url, "/d/mephisto")[0] == 200


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GF_DATABASE_URL", "mysql://db.example/grafana"),
        ("GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION", "true"),
        ("GF_SERVER_ROOT_URL", "https://elsewhere.example/"),
    ],
)
def test_a_variable_of_grafanas_own_leads_to_no_other_database_account_or_address(
    prepared: Any, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    program = prepared()
    with ready(program):
        assert ask(program.url, "/api/search")[0] == 200
        assert moved_to(program.url, "rebound.example") == f"{program.url}/api/search"


def moved_to(url: str, host: str) -> str | None:
    """Return where Grafana sends who asks for another name than its own."""
    connection = http.client.HTTPConnection(url.partition("//")[2], timeout=TIMEOUT_SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", "/api/search", headers={"Host": host})
        return connection.getresponse().getheader("Location")


def test_a_page_of_another_name_is_turned_away(prepared: Any) -> None:
    program = prepared()
    port = program.url.rpartition(":")[2]
    with ready(program):
        status, _ = ask(program.url, "/api/search", Host=f"rebound.example:{port}")
        assert status == 301


def test_sigterm_ends_it_with_status_1_which_needs_no_explanation(prepared: Any) -> None:
    program = prepared()
    with ready(program) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_SECONDS) == 1
    assert program.explain(log_of(program).splitlines()) is None


def test_a_port_that_is_taken_meanwhile_is_explained(prepared: Any) -> None:
    program = prepared()
    port = int(program.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)), started(program) as process:
        assert process.wait(TIMEOUT_SECONDS) == 1
    said = log_of(program).splitlines()
    assert "failed to open listener on address" in said[-1]
    assert "GRAFANA_PORT" in program.explain(said)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_is_not_ours_to_write_is_explained(prepared: Any, home: Path) -> None:
    with ready(prepared()):
        pass
    program = prepared()
    (home / "data" / "grafana" / "grafana.db").chmod(0o400)
    with started(program) as process:
        assert process.wait(TIMEOUT_SECONDS) == 1
    assert "may read and write" in program.explain(log_of(program).splitlines())


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("Error: ✗ migration failed (id = add column): no such table", "`data/grafana`"),
        ("Error: ✗ database is locked (5) (SQLITE_BUSY)", "mephisto metrics cleanup"),
        ("open /x/grafana.db: permission denied", "may read and write"),
        ("write /x: no space left on device", "free some space"),
        ("Could not find config defaults, make sure homepath", "reinstall --only grafana"),
        ("listen tcp 10.0.0.1:3032: bind: cannot assign requested address", "GRAFANA_HOST"),
        ("Error: ✗ *apiserver.service run error: invalid IP address: localhost", "GRAFANA_HOST"),
        ("Invalid root_url. url=http://::1:3032/", "GRAFANA_HOST"),
        ("Datasource provisioning error: data source not found", "`data/grafana`"),
    ],
)
def test_what_grafana_says_when_it_fails_is_explained(prepared: Any, said: str, hint: str) -> None:
    explained = prepared().explain(["logger=server level=info", said])
    assert explained is not None
    assert hint in explained


def test_what_is_not_known_is_not_explained(prepared: Any) -> None:
    assert prepared().explain(["logger=x level=error msg=surprise"]) is None


def test_how_to_log_in_names_no_password_but_the_one_that_everybody_knows(home: Path) -> None:
    def told(host: str, password: str | None) -> str:
        return how_to_log_in(host, "me", password)

    assert told("127.0.0.1", None) == "log in as `me` with the password `admin`"
    assert "hunter2" not in told("192.0.2.1", "hunter2")
    path = home / "config" / "grafana" / "secrets" / "generated-password"
    assert str(path) in told("192.0.2.1", None)
