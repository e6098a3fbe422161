"""Operators on other machines, as settings name them and as Prometheus is told of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.built_in_store import begin_store

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import prometheus
from mephisto_metrics.stack.elsewhere import (
    TARGETS_VARIABLE,
    Elsewhere,
    elsewhere,
    joined,
    scrape_configs,
    with_whole_paths,
)
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.retention import Retention
from mephisto_metrics.stack.store_state import StoreState

ADDRESS = "https://lists.example/mephisto.json"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TARGETS", "SCRAPE_TOKEN_FILE", "SCRAPE_CA_FILE", "SCRAPE_INSECURE"):
        monkeypatch.delenv(f"MEPHISTO_METRICS_{name}", raising=False)


def test_by_default_there_are_none() -> None:
    assert elsewhere() == Elsewhere()
    assert scrape_configs(elsewhere()) == []


def test_files_folders_and_addresses_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEPHISTO_METRICS_TARGETS", f" fleet.json, {ADDRESS},/net/home/advertised,")
    found = elsewhere()
    assert found.files == (tmp_path / "fleet.json", Path("/net/home/advertised"))
    assert found.lists == (ADDRESS,)
    assert found.sources == [str(tmp_path / "fleet.json"), "/net/home/advertised", ADDRESS]


def test_a_source_with_a_comma_or_a_quote_is_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_TARGETS", f'"{tmp_path}/a,b", {tmp_path}/c')
    sources = [f"{tmp_path}/a,b", f"{tmp_path}/c"]
    assert elsewhere().sources == sources
    sources.append(f'{tmp_path}/the "new" one, of us')
    monkeypatch.setenv("MEPHISTO_METRICS_TARGETS", joined(sources))
    assert elsewhere().sources == sources


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("TARGETS", '"/net/a,b', "can not be read"),
        ("TARGETS", "http://", "is no address"),
        ("TARGETS", "http://host:port/", "is no address"),
        ("TARGETS", "https://me:secret@host/list", "holds credentials"),
        ("TARGETS", "https://me:secret@host:99999/list", "`host:99999/list`, which is no address"),
        ("TARGETS", "https://host:port/list?token=secret", "`https://host:port/list`, which is no"),
        (
            "TARGETS",
            "ftp://lists.example/x?token=secret",
            "`ftp://lists.example/x`, which is no",
        ),
        ("TARGETS", "htps://me:secret@host/x.json", "`host/x.json`, which is no web address"),
        ("SCRAPE_TOKEN_FILE", "/no/such/file", "`/no/such/file`, which can not be read"),
        ("SCRAPE_CA_FILE", "/no/such/file", "`/no/such/file`, which can not be read"),
        ("SCRAPE_CA_FILE", __file__, "which can not be used: it has no valid certificates"),
        ("SCRAPE_TOKEN_FILE", os.devnull, "which can not be read: it is not a file"),
    ],
)
def test_what_can_not_be_used_is_named_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"MEPHISTO_METRICS_{variable}", value)
    with pytest.raises(StackError) as raised:
        elsewhere()
    assert told in str(raised.value)
    assert f"MEPHISTO_METRICS_{variable}" in str(raised.value)
    assert "secret" not in f"{raised.value}{raised.value.hint}"


def test_what_is_shown_of_a_list_has_no_token_in_it() -> None:
    started_with = {TARGETS_VARIABLE: f"/fleet.json,{ADDRESS}?token=secret"}
    store = StoreState("builtin", "http://x", 5.0, 1, started_with=started_with)
    assert store.elsewhere == ("/fleet.json", ADDRESS)


def test_a_process_in_another_folder_finds_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    listed = f"{ADDRESS}?token=secret"
    assert with_whole_paths(f" fleet.json, {listed},") == f"{tmp_path / 'fleet.json'},{listed}"


def job(config: dict[str, Any]) -> str:
    """Return the job that series of this entry have, if their list says nothing of it."""
    relabelings = [one for one in config["relabel_configs"] if one.get("target_label") == "job"]
    (relabeling,) = relabelings
    assert relabeling["regex"] == config["job_name"]
    replacement: str = relabeling["replacement"]
    return replacement


def test_prometheus_sends_the_token_where_nobody_else_can_read_it() -> None:
    found = Elsewhere(lists=(ADDRESS,), token_file=Path("/t"), ca_file=Path("/ca"))
    private, rest = scrape_configs(found)
    assert private["authorization"] == {"credentials_file": "/t"}
    assert "authorization" not in rest
    assert [one["action"] for one in private["relabel_configs"][1:]] == ["keep"]
    assert [one["action"] for one in rest["relabel_configs"][1:]] == ["drop"]
    for config in (private, rest):
        assert job(config) == "mephisto"
        (listed,) = config["http_sd_configs"]
        assert listed == {
            "url": ADDRESS,
            "refresh_interval": "30s",
            "follow_redirects": False,
            "tls_config": {"ca_file": "/ca"},
        }
        assert config["follow_redirects"] is False


def test_prometheus_sends_the_token_in_the_clear_only_if_told_to() -> None:
    found = Elsewhere(lists=(ADDRESS,), token_file=Path("/t"), is_token_sent_in_clear=True)
    (config,) = scrape_configs(found)
    assert config["authorization"] == {"credentials_file": "/t"}
    assert job(config) == "mephisto"


def test_a_folder_is_all_its_json_files_for_prometheus(tmp_path: Path) -> None:
    (config,) = scrape_configs(Elsewhere(files=(tmp_path, Path("/x/fleet.json"))))
    (files,) = config["file_sd_configs"]
    assert files["files"] == [f"{tmp_path}/*.json", "/x/fleet.json"]


def test_what_is_not_there_yet_is_a_folder_unless_it_has_the_ending_of_a_file() -> None:
    (config,) = scrape_configs(Elsewhere(files=(Path("/x/later"), Path("/x/[1]?.json"))))
    (files,) = config["file_sd_configs"]
    assert files["files"] == ["/x/later/*.json", r"/x/\[1\]\?.json"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("fleet.list", "does not end in .json"),
        ("fleet.yml", "does not end in .json"),
        ("*.json", "stands for nothing"),
    ],
)
def test_a_file_that_not_every_store_would_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / name).write_text("[]")
    monkeypatch.setenv("MEPHISTO_METRICS_TARGETS", str(tmp_path / name))
    with pytest.raises(StackError, match=told) as raised:
        elsewhere()
    assert f"`{tmp_path / name}`" in str(raised.value)


def test_a_store_refuses_the_address_of_a_list_without_its_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the address of a list of targets is none") as raised:
        begin_store(tmp_path, elsewhere=Elsewhere(lists=("http://host:port/?token=hidden",)))
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("is_token_sent_in_clear", [False, True])
def test_promtool_finds_nothing_wrong_with_what_prometheus_gets(
    needs_program: Callable[[str, str], str], tmp_path: Path, is_token_sent_in_clear: bool
) -> None:
    promtool = needs_program("promtool", "prometheus")
    (tmp_path / "file").write_text("")
    found = Elsewhere(
        files=(tmp_path, tmp_path / "fleet.json", tmp_path / "not-there-yet", tmp_path / "odd[1]?"),
        lists=(ADDRESS,),
        token_file=tmp_path / "file",
        ca_file=tmp_path / "file",
        is_token_sent_in_clear=is_token_sent_in_clear,
    )
    options = EngineOptions(9090, 5.0, Retention(3600, None), elsewhere=found)
    path = tmp_path / "prometheus.yml"
    path.write_text(json.dumps(prometheus.configuration(9090, options)))
    checked = subprocess.run(
        [promtool, "check", "config", "--syntax-only", str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "WARNING" not in checked.stdout + checked.stderr
