"""What is written for Grafana: configuration, provisioning, secrets; read by a stand-in for it."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.stand_ins import archives
from tests.stand_ins.running import as_installed, without_grafanas_variables

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.credentials import Credentials
from mephisto_metrics.stack.grafana import GrafanaOptions, prepare
from mephisto_metrics.stack.grafana.options import password_of_environment, user_of_environment
from mephisto_metrics.stack.programs import InstalledProgram

sys.path.insert(0, str(archives.STAND_IN))
import grafana_ini
import grafana_provisioning

HOSTILE_NAME = 'a home; #with \'quotes\' """ `ticks` $HOME 50% = [x] é'
SECRET = 's3cr3t; #"quoted" $HOME $$ %d `x`'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_grafanas_variables(monkeypatch)
    folder = tmp_path / HOSTILE_NAME
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(folder))
    return folder


@pytest.fixture
def program(tmp_path: Path) -> InstalledProgram:
    return as_installed(archives.grafana_release(tmp_path / "bin"))


def options(**changes: Any) -> GrafanaOptions:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "user": "admin",
        "password": None,
        "store_url": "http://127.0.0.1:9090",
        "scrape_interval_seconds": 5.0,
    }
    return GrafanaOptions(**{**values, **changes})


def config(home: Path) -> Path:
    return home / "config" / "grafana"


def read_back(home: Path) -> Any:
    return grafana_ini.read(config(home) / "grafana.ini")


def test_every_path_is_read_back_as_it_is_in_a_home_with_any_characters(
    home: Path, program: InstalledProgram
) -> None:
    prepare(program, options())
    settings = read_back(home)
    assert settings["paths"] == {
        "data": str(home / "data" / "grafana"),
        "logs": str(home / "logs" / "grafana"),
        "plugins": str(home / "data" / "grafana" / "plugins"),
        "provisioning": str(config(home) / "provisioning"),
    }
    board = json.loads(Path(settings["dashboards"]["default_home_dashboard_path"]).read_text())
    assert board["uid"] == "mephisto"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a${HOME}", "${"),
        ("a$__env{HOME}", "$__env{"),
        ("%(protocol)s", "%(protocol)s"),
        ("a}", "}"),
    ],
)
def test_a_home_that_grafana_would_read_as_another_is_refused(
    tmp_path: Path,
    program: InstalledProgram,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    part: str,
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / name))
    with pytest.raises(StackError, match=re.escape(part)) as caught:
        prepare(program, options())
    assert "MEPHISTO_METRICS_HOME" in caught.value.hint


def test_nothing_is_asked_of_the_internet_or_told_to_it(
    home: Path, program: InstalledProgram
) -> None:
    prepare(program, options())
    settings = read_back(home)
    off = {
        "analytics": {
            "reporting_enabled": "false",
            "check_for_updates": "false",
            "check_for_plugin_updates": "false",
            "feedback_links_enabled": "false",
        },
        "news": {"news_feed_enabled": "false"},
        "plugins": {
            "plugin_admin_enabled": "false",
            "preinstall_disabled": "true",
            "preinstall_auto_update": "false",
            "public_key_retrieval_disabled": "true",
            "public_key_retrieval_on_startup": "false",
        },
    }
    assert {section: settings[section] for section in off} == off
    assert settings["security"]["disable_gravatar"] == "true"


def test_it_listens_on_loopback_with_a_session_of_its_own(
    home: Path, program: InstalledProgram
) -> None:
    prepared = prepare(program, options(port=0))
    settings = read_back(home)
    port = prepared.url.rpartition(":")[2]
    assert settings["server"]["http_addr"] == "127.0.0.1"
    assert settings["server"]["http_port"] == port != "0"
    assert settings["server"]["enforce_domain"] == "true"
    assert settings["auth"]["login_cookie_name"] != "grafana_session"
    assert settings["auth.anonymous"]["enabled"] == "false"


def test_each_home_has_a_cookie_of_its_own_over_ports_and_ways_to_it(
    home: Path, program: InstalledProgram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def cookie(folder: Path) -> str:
        monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(folder))
        prepare(program, options())
        return str(read_back(folder)["auth"]["login_cookie_name"])

    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    first = cookie(home)
    assert re.fullmatch(r"\w+", first, re.ASCII)
    assert cookie(home) == cookie(tmp_path / "link") == first
    assert cookie(tmp_path / "another home") != first
    monkeypatch.setattr(socket, "gethostname", lambda: "another-machine")
    assert cookie(home) != first


def test_it_is_told_the_address_of_a_host_and_shown_by_its_name(
    home: Path, program: InstalledProgram
) -> None:
    prepared = prepare(program, options(host="localhost"))
    server = read_back(home)["server"]
    assert ipaddress.ip_address(server["http_addr"]).is_loopback
    assert server["domain"] == "localhost"
    assert prepared.url == f"http://localhost:{server['http_port']}"


@pytest.mark.parametrize("host", ["no name", "a..b"])
def test_a_host_that_leads_to_no_address_is_refused(
    home: Path, program: InstalledProgram, host: str
) -> None:
    with pytest.raises(StackError, match=f"`{host}`, which is no address") as caught:
        prepare(program, options(host=host))
    assert "GRAFANA_HOST" in caught.value.hint


def test_variables_of_grafanas_own_do_not_override_what_is_set_and_secrets_do_not_reach_it(
    home: Path, program: InstalledProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GF_SERVER_HTTP_PORT", "1")
    monkeypatch.setenv("GF_AUTH_ANONYMOUS_ENABLED", "true")
    monkeypatch.setenv("GF_LOG_FILTERS", "sqlstore:debug")
    monkeypatch.setenv("GRAFANA_PASSWORD", SECRET)
    prepared = prepare(program, options())
    assert prepared.environment == {
        "GF_SERVER_HTTP_PORT": "",
        "GF_AUTH_ANONYMOUS_ENABLED": "",
        "GRAFANA_PASSWORD": "",
    }


def test_secrets_are_in_files_of_their_owner_and_nowhere_else(
    home: Path, program: InstalledProgram
) -> None:
    token = "glsa_a.b-c~d+e/f=="
    prepared = prepare(program, options(password=SECRET, credentials=Credentials(token=token)))
    settings = read_back(home)
    assert settings["security"]["admin_password"] == SECRET

    holders = {path for path in home.rglob("*") if path.is_file() and has_any(path, SECRET, token)}
    assert holders
    for path in holders:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.parent == config(home) / "secrets"
    assert stat.S_IMODE((config(home) / "secrets").stat().st_mode) == 0o700
    shown = " ".join([repr(prepared), *prepared.command, *prepared.environment.values()])
    assert SECRET not in shown
    assert token not in shown


def test_the_token_of_a_store_goes_when_none_is_set_any_more(
    home: Path, program: InstalledProgram
) -> None:
    for credentials, is_kept in ((Credentials(token="a-token"), True), (None, False)):
        prepare(program, options(credentials=credentials))
        assert (config(home) / "secrets" / "store-token").exists() == is_kept


def has_any(path: Path, *secrets: str) -> bool:
    content = path.read_text(encoding="utf-8", errors="replace")
    return any(secret in content for secret in secrets)


def test_options_do_not_show_their_secrets() -> None:
    shown = repr(options(password="hunter22", credentials=Credentials(token="hunter23")))
    assert "hunter" not in shown


def test_the_secret_key_is_generated_and_kept(home: Path, program: InstalledProgram) -> None:
    prepare(program, options())
    first = read_back(home)["security"]["secret_key"]
    prepare(program, options())
    assert read_back(home)["security"]["secret_key"] == first
    assert re.fullmatch("[0-9a-f]{64}", first)


def test_a_second_start_writes_the_same_and_leaves_nothing_beside(
    home: Path, program: InstalledProgram
) -> None:
    port = int(prepare(program, options()).url.rpartition(":")[2])
    prepare(program, options(port=port))
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    prepare(program, options(port=port))
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    assert not [path for path in before if path.name.endswith(".tmp")]


def test_the_data_source_is_the_one_that_alerts_ask_and_boards_choose(
    home: Path, program: InstalledProgram
) -> None:
    prepare(program, options(store_url="http://127.0.0.1:9/$HOME/x", scrape_interval_seconds=0.5))
    folder = config(home) / "provisioning"
    (source,) = grafana_provisioning.data_sources(folder)
    assert source["url"] == "http://127.0.0.1:9/$HOME/x"
    assert source["type"] == "prometheus"
    assert source["isDefault"]
    assert source["jsonData"] == {"httpMethod": "POST", "timeInterval": "500ms"}
    (group,) = grafana_provisioning.alert_groups(folder, {source["uid"]})
    assert len(group["rules"]) == 9
    boards = grafana_provisioning.boards(folder)
    assert "mephisto" in boards
    assert {board["folder"] for board in boards.values()} == {"Mephisto"}


def test_a_token_of_a_store_is_sent_as_a_header_that_is_read_from_its_file(
    home: Path, program: InstalledProgram
) -> None:
    prepare(program, options(credentials=Credentials(token="abc.def")))
    (source,) = grafana_provisioning.data_sources(config(home) / "provisioning")
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    assert source["secureJsonData"] == {"httpHeaderValue1": "Bearer abc.def"}


def test_two_dollars_in_a_home_are_only_a_hindrance_to_a_token(
    tmp_path: Path, program: InstalledProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "a$$b"))
    prepare(program, options())
    assert read_back(tmp_path / "a$$b")["paths"]["data"] == str(tmp_path / "a$$b/data/grafana")
    with pytest.raises(StackError, match=re.escape("`$$`")):
        prepare(program, options(credentials=Credentials(token="abc")))


@pytest.mark.parametrize("url", ["ftp://host", "host:9090", "http://", "http://h:x", "http://h/\n"])
def test_what_is_no_address_of_a_store_is_refused(
    home: Path, program: InstalledProgram, url: str
) -> None:
    with pytest.raises(StackError, match="no address of a store"):
        prepare(program, options(store_url=url))


def test_a_password_in_the_address_of_a_store_is_refused_and_not_repeated(
    home: Path, program: InstalledProgram
) -> None:
    with pytest.raises(StackError, match="password in it") as caught:
        prepare(program, options(store_url="http://me:hunter2@host:9090"))
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_provisioning_files_are_yaml_too(home: Path, program: InstalledProgram) -> None:
    yaml = pytest.importorskip("yaml")
    prepare(program, options())
    paths = list((config(home) / "provisioning").rglob("*.yaml"))
    assert len(paths) == 2
    for path in paths:
        assert yaml.safe_load(path.read_text()) == json.loads(path.read_text())


def test_a_taken_port_is_told_with_who_holds_it(
    home: Path, program: InstalledProgram, unused_listener: int
) -> None:
    with pytest.raises(StackError, match=f"port {unused_listener} .*in use") as caught:
        prepare(program, options(port=unused_listener))
    assert "GRAFANA_PORT" in caught.value.hint


@pytest.fixture
def unused_listener() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_user_and_password_come_from_mephistos_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_USER", "me")
    monkeypatch.setenv("GRAFANA_PASSWORD", "")
    assert (user_of_environment(), password_of_environment()) == ("me", None)
    monkeypatch.delenv("GRAFANA_USER")
    monkeypatch.setenv("GRAFANA_PASSWORD", "x y")
    assert (user_of_environment(), password_of_environment()) == ("admin", "x y")
