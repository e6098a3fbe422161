"""`mephisto metrics dashboards export`: files that a Grafana of one's own, a stand-in, takes."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from tests.stand_ins.existing import existing_grafana
from tests.stand_ins.running import ask

from mephisto_metrics import cli


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(*arguments: str) -> int:
    return cli.run(["dashboards", "export", *arguments])


def contents(folder: Path) -> dict[str, str]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def test_a_grafana_takes_the_files_as_they_are(tmp_path: Path) -> None:
    assert export("their folder; with $HOME", "--store-url", "http://store.example:9090/$x") == 0
    written = contents(tmp_path / "their folder; with $HOME")
    provisioning = {
        name[len("provisioning/") :]: text
        for name, text in written.items()
        if name.startswith("provisioning/")
    }
    with existing_grafana(tmp_path, provisioning) as url:
        (source,) = ask(url, "/api/datasources")[1]
        assert source["url"] == "http://store.example:9090/$x"
        assert not source["isDefault"]
        assert source["uid"] != "prometheus"
        board = ask(url, "/api/dashboards/uid/mephisto")[1]["dashboard"]
        variables = {each["name"]: each for each in board["templating"]["list"]}
        assert variables["datasource"]["current"]["value"] == source["uid"]


def test_what_goes_where_is_said_for_every_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export() == 0
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'mephisto-grafana'}\n"
    assert "README.md" in said.err
    written = contents(tmp_path / "mephisto-grafana")
    named = re.findall(r"^\| `([^`]+)`", written["README.md"], re.MULTILINE)
    assert sorted(named) == sorted(written.keys() - {"README.md"})
    assert str(tmp_path / "mephisto-grafana" / "dashboards") in written["README.md"]


def test_boards_may_lie_elsewhere_on_grafanas_machine(tmp_path: Path) -> None:
    assert export("--dashboards-path", "/srv/boards") == 0
    written = contents(tmp_path / "mephisto-grafana")
    (provider,) = json.loads(written["provisioning/dashboards/mephisto.yaml"])["providers"]
    assert provider["options"]["path"] == "/srv/boards"
    assert "/srv/boards" in written["README.md"]


def test_a_data_source_that_is_there_is_used(tmp_path: Path) -> None:
    assert export("--data-source", "theirs") == 0
    written = contents(tmp_path / "mephisto-grafana")
    assert "provisioning/datasources/mephisto.yaml" not in written
    alerts = written["provisioning/alerting/mephisto.json"]
    assert set(re.findall('"datasourceUid": "([^"]+)"', alerts)) == {"theirs", "__expr__"}
    assert '"uid": "prometheus"' not in alerts


def test_grafanas_own_user_can_read_the_files(tmp_path: Path) -> None:
    assert export() == 0
    for path in (tmp_path / "mephisto-grafana").rglob("*.*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444


def test_a_second_export_is_the_same_and_needs_no_force(tmp_path: Path) -> None:
    assert export() == 0
    first = contents(tmp_path / "mephisto-grafana")
    assert export() == 0
    assert contents(tmp_path / "mephisto-grafana") == first


def test_other_files_are_overwritten_only_by_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export() == 0
    changed = tmp_path / "mephisto-grafana" / "dashboards" / "mephisto.json"
    changed.write_text("mine")
    (tmp_path / "mephisto-grafana" / "dashboards" / "mine.json").write_text("mine too")
    removed = tmp_path / "mephisto-grafana" / "README.md"
    removed.unlink()
    capsys.readouterr()

    assert export("--dry-run") == 1
    as_tried = capsys.readouterr()
    assert (export(), capsys.readouterr()) == (1, as_tried)
    assert str(changed) in as_tried.err
    assert "--force" in as_tried.err
    assert not removed.exists(), "nothing is written where something is in the way"

    assert export("--force") == 0
    assert json.loads(changed.read_text())["uid"] == "mephisto"
    assert changed.with_name("mine.json").read_text() == "mine too"


def test_a_dry_run_names_the_files_and_writes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export("--dry-run", "--json") == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert not (tmp_path / "mephisto-grafana").exists()
    assert export("--json") == 0
    assert json.loads(capsys.readouterr().out) == value
    assert [Path(path) for path in value["files"]] == sorted(
        path for path in (tmp_path / "mephisto-grafana").rglob("*") if path.is_file()
    )


def test_a_folder_that_is_a_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert export("file") == 1
    assert "can not be written" in capsys.readouterr().err


def test_the_file_for_which_the_disk_has_no_space_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # of no file, as from a `write`

    monkeypatch.setattr(os, "fsync", full)
    assert export() == 1
    said = capsys.readouterr().err
    assert f"`{tmp_path / 'mephisto-grafana' / 'README.md'}` can not be written: No space" in said
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_data_source_that_is_there_needs_no_address_of_a_store(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert export("--data-source", "theirs", "--store-url", "http://store.example:9090") == 2
    assert "--store-url and --data-source exclude one another" in capsys.readouterr().err
    assert not list(Path.cwd().iterdir())


def test_an_address_of_no_store_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert export("--store-url", "store:9090") == 1
    assert "`store:9090` is no address of a store" in capsys.readouterr().err
    assert not list(Path.cwd().iterdir())
