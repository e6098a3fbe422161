"""What is written for Prometheus and how it is started: on 2.42, and on what others say of 3.x."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import engines, prometheus
from mephisto_metrics.stack.credentials import Credentials
from mephisto_metrics.stack.elsewhere import Elsewhere
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.install.executables import version_of
from mephisto_metrics.stack.processes import STOP_PATIENCE_SECONDS
from mephisto_metrics.stack.programs import InstalledProgram
from mephisto_metrics.stack.remote import RemoteWrite
from mephisto_metrics.stack.retention import Retention
from mephisto_metrics.stack.supervision import Program

URL = "http://mimir.example:9009/api/v1/push"
FIFTEEN_DAYS = Retention(15 * 86400, None)
DEBIANS_HELP = "--storage.tsdb.use-lockfile  Use lockfile in the data directory."
UPSTREAMS_HELP = "--[no-]storage.tsdb.no-lockfile  Do not create lockfile in data directory."


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def program(folder: Path, says: str, version: str = "3.13.2") -> InstalledProgram:
    """Make a program that only knows `--help`."""
    path = folder / "prometheus"
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return InstalledProgram("prometheus", version, path, folder, is_ours=True)


def prepared(installed: InstalledProgram, **changes: Any) -> Program:
    options = {"port": 0, "scrape_interval_seconds": 5.0, "retention": FIFTEEN_DAYS, **changes}
    return prometheus.prepare(installed, EngineOptions(**options))


def configured(home: Path) -> dict:
    value: dict = json.loads((home / "config" / "prometheus.yml").read_text())
    return value


def test_the_data_of_each_major_version_have_a_folder_of_their_own(
    tmp_path: Path, home: Path
) -> None:
    for version, folder in (("2.42.0+ds", "prometheus-2"), ("3.13.2", "prometheus-3")):
        command = prepared(program(tmp_path, UPSTREAMS_HELP, version)).command
        assert f"--storage.tsdb.path={home / 'data' / folder}" in command


def test_the_data_are_locked_by_whichever_flag_the_build_has(tmp_path: Path) -> None:
    lock = "--storage.tsdb.use-lockfile"
    assert lock in prepared(program(tmp_path, DEBIANS_HELP, "2.42.0")).command
    assert lock not in prepared(program(tmp_path, UPSTREAMS_HELP)).command


def test_it_listens_on_loopback_and_lets_no_web_page_read(tmp_path: Path) -> None:
    made = prepared(program(tmp_path, UPSTREAMS_HELP))
    address = made.url.partition("//")[2]
    assert f"--web.listen-address={address}" in made.command
    assert address.startswith("127.0.0.1:")
    assert "--web.cors.origin=none" in made.command


def test_it_does_not_send_on_for_longer_than_its_end_is_waited_for(tmp_path: Path) -> None:
    (flag,) = [
        flag
        for flag in prepared(program(tmp_path, UPSTREAMS_HELP)).command
        if flag.startswith("--storage.remote.flush-deadline=")
    ]
    assert 0 < float(flag.partition("=")[2].rstrip("ms")) < STOP_PATIENCE_SECONDS * 1000


def test_samples_are_kept_by_time_and_by_size(tmp_path: Path) -> None:
    command = prepared(program(tmp_path, UPSTREAMS_HELP), retention=Retention(86400, 1024)).command
    assert "--storage.tsdb.retention.time=86400000ms" in command
    assert "--storage.tsdb.retention.size=1024B" in command
    command = prepared(program(tmp_path, UPSTREAMS_HELP)).command
    assert not [flag for flag in command if "retention.size" in flag]


@pytest.mark.parametrize(
    "remote_write",
    [
        None,
        RemoteWrite(URL, labels={"machine": "one"}),
        RemoteWrite(URL, Credentials(token="a-secret", tenant="research")),
        RemoteWrite(URL, Credentials(user="operators", password="a secret: of 'many' {signs}")),
    ],
)
def test_prometheus_takes_the_configuration(
    tmp_path: Path,
    home: Path,
    remote_write: RemoteWrite | None,
    needs_program: Callable[[str, str], str],
) -> None:
    prepared(program(tmp_path, UPSTREAMS_HELP), remote_write=remote_write)
    check(home, needs_program)


def check(home: Path, needs_program: Callable[[str, str], str]) -> str:
    """Return what Prometheus's own tool says of the configuration, in which it finds no fault."""
    promtool = needs_program("promtool", "prometheus")
    checked = subprocess.run(
        [promtool, "check", "config", str(home / "config" / "prometheus.yml")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return checked.stdout


def test_a_secret_is_only_in_a_file_of_its_owner(tmp_path: Path, home: Path) -> None:
    remote_write = RemoteWrite(URL, Credentials(token="a-secret"))
    made = prepared(program(tmp_path, UPSTREAMS_HELP), remote_write=remote_write)
    (receiver,) = configured(home)["remote_write"]
    path = Path(receiver["authorization"]["credentials_file"])

    assert path.read_text() == "a-secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "a-secret" not in json.dumps(configured(home)) + " ".join(made.command)


@pytest.mark.parametrize("query", ["?token=a-secret", "#a-secret"])
@pytest.mark.parametrize(
    ("variable", "way_out"),
    [
        ("MEPHISTO_METRICS_REMOTE_WRITE", "MEPHISTO_METRICS_REMOTE_TOKEN_FILE"),
        ("MEPHISTO_METRICS_TARGETS", "write the list to a file"),
    ],
)
def test_an_address_that_prometheus_would_show_with_its_token_is_refused(
    tmp_path: Path, home: Path, variable: str, way_out: str, query: str
) -> None:
    is_list = variable == "MEPHISTO_METRICS_TARGETS"
    options = (
        {"elsewhere": Elsewhere(lists=(URL, f"{URL}{query}"))}
        if is_list
        else {"remote_write": RemoteWrite(f"{URL}{query}")}
    )
    with pytest.raises(StackError, match=f"^{variable} names `{URL}` with a") as raised:
        prepared(program(tmp_path, UPSTREAMS_HELP), **options)
    assert way_out in raised.value.hint
    assert "--store builtin" in raised.value.hint
    assert "a-secret" not in f"{raised.value} {raised.value.hint}"
    assert not home.exists()


def test_secrets_of_an_earlier_start_are_removed(tmp_path: Path, home: Path) -> None:
    installed = program(tmp_path, UPSTREAMS_HELP)
    prepared(installed, remote_write=RemoteWrite(URL, Credentials(token="a-secret")))
    with_password = Credentials(user="me", password="a-secret")
    prepared(installed, remote_write=RemoteWrite(URL, with_password))
    with engines.running("builtin", EngineOptions(0, 1.0, FIFTEEN_DAYS), lambda _: None):
        assert [path.name for path in (home / "config").iterdir()] == ["prometheus.yml"]


def test_a_program_that_is_not_ours_is_not_given_secrets_with_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "environment"
    monkeypatch.setenv("MEPHISTO_METRICS_REMOTE_TOKEN", "a-secret")
    path = tmp_path / "prometheus"
    path.write_text(f"#!/bin/sh\nenv >>'{told}'\necho prometheus, version 3.13.2\n")
    path.chmod(0o755)
    prepared(InstalledProgram("prometheus", "3.13.2", path, tmp_path, is_ours=True))
    assert version_of(path, "prometheus") == "3.13.2"
    assert told.read_text().count("PATH=") >= 2
    assert "a-secret" not in told.read_text()


def test_a_users_own_secret_file_is_named_and_not_copied(tmp_path: Path, home: Path) -> None:
    own = tmp_path / "password"
    own.write_text("a secret")
    shown = Credentials(user="operators", password_file=own, ca_file=tmp_path / "ca")
    prepared(program(tmp_path, UPSTREAMS_HELP), remote_write=RemoteWrite(URL, shown))
    (receiver,) = configured(home)["remote_write"]
    assert receiver["basic_auth"] == {"username": "operators", "password_file": str(own)}
    assert receiver["tls_config"] == {"ca_file": str(tmp_path / "ca")}


def test_samples_are_not_sent_on_to_whom_a_receiver_names(tmp_path: Path, home: Path) -> None:
    prepared(program(tmp_path, UPSTREAMS_HELP), remote_write=RemoteWrite(URL))
    assert configured(home)["remote_write"][0]["follow_redirects"] is False


def test_a_receiver_elsewhere_is_reached_through_the_proxy_of_the_environment(
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    needs_program: Callable[[str, str], str],
) -> None:
    proxy = "http://me:hidden@proxy.example:3128"
    for name, value in (("HTTP_PROXY", proxy), ("NO_PROXY", "localhost")):
        monkeypatch.delenv(name.lower(), raising=False)
        monkeypatch.setenv(name, value)
    prepared(program(tmp_path, UPSTREAMS_HELP), remote_write=RemoteWrite(URL))
    (receiver,) = configured(home)["remote_write"]
    assert receiver["proxy_url"] == proxy
    assert stat.S_IMODE((home / "config" / "prometheus.yml").stat().st_mode) == 0o600
    check(home, needs_program)
    prepared(program(tmp_path, UPSTREAMS_HELP), remote_write=RemoteWrite("http://localhost:1/"))
    assert "proxy_url" not in configured(home)["remote_write"][0]


def test_rules_of_the_package_and_of_the_user_are_both_read(tmp_path: Path, home: Path) -> None:
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.yml").write_text("groups: []\n")
    prepared(program(tmp_path, UPSTREAMS_HELP))
    names = [Path(path).name for path in configured(home)["rule_files"]]
    assert names == ["mephisto.yml", "own.yml"]


@pytest.mark.parametrize("name", ["[1]", "a?b", r"a\b", "[^-a]"])
def test_prometheus_finds_the_files_of_a_home_with_odd_signs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    needs_program: Callable[[str, str], str],
    name: str,
) -> None:
    home = tmp_path / name
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(home))
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own[1].yml").write_text("groups: []\n")
    (home / "targets").mkdir()
    (home / "targets" / "1.json").write_text('[{"targets": ["found:1"]}]')
    prepared(program(tmp_path, UPSTREAMS_HELP))

    checked = check(home, needs_program)
    assert "2 rule files" in checked
    promtool = needs_program("promtool", "prometheus")
    path = home / "config" / "prometheus.yml"
    asked = [promtool, "check", "service-discovery", "--timeout=1s", str(path), "mephisto"]
    found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    assert '"found:1"' in found


def test_a_home_that_prometheus_can_not_name_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "a*b"))
    with pytest.raises(StackError, match=r"no targets from a folder with a `\*`") as raised:
        prepared(program(tmp_path, UPSTREAMS_HELP))
    assert "--store builtin" in raised.value.hint


def test_files_are_looked_at_again_where_a_watch_is_lost(tmp_path: Path, home: Path) -> None:
    prepared(program(tmp_path, UPSTREAMS_HELP))
    mephisto, _ = configured(home)["scrape_configs"]
    (files,) = mephisto["file_sd_configs"]
    assert files["refresh_interval"] == "30s"


def test_a_port_that_a_stranger_holds_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(StackError, match=f"port {port} on 127.0.0.1 is already in use") as seen:
            prepared(program(tmp_path, UPSTREAMS_HELP), port=port)
    assert "PROMETHEUS_PORT" in seen.value.hint


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            'ts=2026-11-25T20:00:00Z caller=web.go:561 level=error msg="Unable to start web '
            'listener" err="listen tcp 127.0.0.1:9090: bind: address already in use"',
            "PROMETHEUS_PORT",
        ),
        ('err="opening storage failed: lock DB directory: resource temporarily un', "same data"),
        ('err="open /x/wal: no space left on device"', "free some space"),
        ('msg="Error loading config (--config.file=/x/prometheus.yml)"', "promtool check rules"),
        ("Error parsing command line arguments: unknown long flag '--x'", "reinstall"),
    ],
)
def test_what_prometheus_says_when_it_fails_is_explained(line: str, hint: str) -> None:
    assert hint in (prometheus.explain(["level=info", line]) or "")


def test_what_is_not_known_is_not_explained() -> None:
    assert prometheus.explain(["level=info msg=hello"]) is None
    assert prometheus.explain([]) is None
