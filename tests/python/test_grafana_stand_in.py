"""The stand-in for Grafana: that it refuses what is wrong, or tests with it would show nothing."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.stand_ins.archives import grafana_archive, grafana_release
from tests.stand_ins.running import as_installed, without_grafanas_variables

from mephisto_metrics.stack.grafana import GrafanaOptions, prepare
from mephisto_metrics.stack.supervision import Program

TIMEOUT_SECONDS = 60


def test_an_archive_is_named_and_laid_out_as_a_release_and_its_program_runs(tmp_path: Path) -> None:
    path = grafana_archive(tmp_path)
    assert path.name == "grafana_13.1.3_31135815010_linux_amd64.tar.gz"
    with tarfile.open(path) as archive:
        assert {name.partition("/")[0] for name in archive.getnames()} == {"grafana-13.1.3"}
        archive.extractall(tmp_path / "a folder")  # noqa: S202 - made above
    program = tmp_path / "a folder" / "grafana-13.1.3" / "bin" / "grafana"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == "grafana version 13.1.3\n"


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    without_grafanas_variables(monkeypatch)
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    installed = as_installed(grafana_release(tmp_path / "bin"))
    return prepare(
        installed, GrafanaOptions("127.0.0.1", 0, "admin", None, "http://127.0.0.1:9", 5.0)
    )


def refusal(program: Program) -> str:
    done = subprocess.run(
        program.command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
    )
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[server]\nhttp_prot = 1\n", "no such setting: [server] http_prot"),
        ("[plugins]\npreinstall_disabled = false\n", "ask the internet: [plugins]"),
        ("[security]\nsecret_key = SW2YcwTIb9zpOOhoPsMm\n", "everybody knows"),
        ("[security]\nadmin_password = $__file{/nowhere}\n", "/nowhere"),
        ("[server]\nhttp_addr = localhost\n", "invalid IP address: localhost"),
        ("[server]\nroot_url = http://::1:3032/\n", "Invalid root_url"),
        ("[database]\nurl = mysql://db.example/grafana\n", "another database"),
        ("[paths]\ndata = somewhere\n", "below the home path"),
    ],
)
def test_a_wrong_configuration_is_refused(
    prepared: Program, tmp_path: Path, wrong: str, said: str
) -> None:
    path = tmp_path / "home" / "config" / "grafana" / "grafana.ini"
    path.write_text(path.read_text() + wrong)
    assert said in refusal(prepared)


def test_a_variable_of_grafanas_own_comes_before_the_file(
    prepared: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GF_ANALYTICS_REPORTING_ENABLED", "true")
    assert "[analytics] reporting_enabled" in refusal(prepared)


def change_data_source(file: Any) -> None:
    file["datasources"][0]["jsondata"] = {}


def change_type(file: Any) -> None:
    file["datasources"][0]["type"] = "prometeus"


def change_header(file: Any) -> None:
    file["datasources"][0]["jsonData"]["httpHeaderName2"] = "X-Scope-OrgID"
    file["datasources"][0]["secureJsonData"] = {"httpHeaderValue2": "one"}


def change_user(file: Any) -> None:
    file["datasources"][0].update(basicAuthUser="me", secureJsonData={"basicAuthPassword": "x"})


def change_authorities(file: Any) -> None:
    file["datasources"][0]["secureJsonData"] = {"tlsCACert": "x"}


def change_path(file: Any) -> None:
    file["providers"][0]["options"]["path"] = "/nowhere"


def change_uid(file: Any) -> None:
    file["groups"][0]["rules"][0]["data"][0]["datasourceUid"] = "other"


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("datasources/mephisto.yaml", change_data_source, "unknown ['jsondata']"),
        ("datasources/mephisto.yaml", change_type, "no such data source"),
        ("datasources/mephisto.yaml", change_header, "later ones are not sent"),
        ("datasources/mephisto.yaml", change_user, "without basicAuth"),
        ("datasources/mephisto.yaml", change_authorities, "authorities that are not used"),
        ("dashboards/mephisto.yaml", change_path, "no such folder"),
        ("alerting/mephisto.json", change_uid, "no data source other"),
    ],
)
def test_wrong_provisioning_is_refused(
    prepared: Program, tmp_path: Path, file: str, change: Any, said: str
) -> None:
    path = tmp_path / "home" / "config" / "grafana" / "provisioning" / file
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    assert said in refusal(prepared)
