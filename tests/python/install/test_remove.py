"""`remove`: what `install` made goes, what was recorded stays, nothing outside is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.python.install.archives import prometheus_archive, prometheus_name
from tests.python.install.conftest import CommandLine
from tests.python.install.mirror import Mirror

from mephisto_metrics.machine import places
from mephisto_metrics.stack import programs
from mephisto_metrics.stack.files import write_json
from mephisto_metrics.stack.processes import ProcessIdentity


@pytest.fixture
def installed(command_line: CommandLine, server: Mirror) -> CommandLine:
    """A home with a Prometheus, a part of a Grafana, and recorded data."""
    name = prometheus_name("9.8.7")
    server.add(name, prometheus_archive("9.8.7", ballast_bytes=100_000))
    server.add_checksums(name)
    arguments = ("--only", "prometheus", "--version", "9.8.7", "--mirror", server.url)
    assert command_line("install", *arguments).status == 0
    home = command_line.home
    (places.downloads_folder() / "grafana.tar.gz.part").write_bytes(bytes(5000))
    for kind in ("builtin", "prometheus-3"):
        folder = home / "data" / kind
        folder.mkdir(parents=True)
        (folder / "samples").write_bytes(bytes(7000))
    (home / "rules").mkdir()
    (home / "rules" / "own.yml").touch()
    return command_line


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def identity(process: subprocess.Popen[bytes]) -> dict[str, float]:
    return ProcessIdentity.of(psutil.Process(process.pid))._asdict()


def test_what_install_made_goes_and_what_was_recorded_stays(installed: CommandLine) -> None:
    result = installed("remove", "--yes")

    assert (result.status, result.out) == (0, "")
    assert installed.files() == [
        "data/builtin/samples",
        "data/prometheus-3/samples",
        "rules/own.yml",
    ]
    assert not (installed.home / "bin").exists()


def test_it_tells_how_much_it_is_and_a_dry_run_removes_nothing(installed: CommandLine) -> None:
    before = installed.files()

    result = installed("remove", "--dry-run", "--json")

    assert installed.files() == before
    sizes = {Path(one["path"]).name: one["size_bytes"] for one in result.json["removed"]}
    assert sizes[places.downloads_folder().name] == 5000
    assert 100_000 < sizes["prometheus-9.8.7"] < 110_000
    assert result.json["size_bytes"] == sum(sizes.values())
    assert f"{sum(sizes.values()):,} bytes would be removed" in installed("remove", "--dry-run").err


def test_data_goes_where_that_is_wanted_and_rules_of_the_user_stay(
    installed: CommandLine,
) -> None:
    result = installed("remove", "--yes", "--data", "--json")

    assert result.status == 0
    assert installed.files() == ["rules/own.yml"]
    assert {path.name for path in installed.home.iterdir()} == {"rules", "state"}
    removed = [one["path"] for one in result.json["removed"]]
    assert str(installed.home / "data" / "prometheus-3") in removed


def test_what_others_have_put_into_the_home_stays(installed: CommandLine) -> None:
    names = (
        "bin/prometheus-2.45.0.linux-amd64/prometheus",
        "bin/grafana-9.1.0/bin/grafana",
        "bin/.unpacking-mine/file",
        "config/settings.yml",
        "data/measurements.csv",
        "data/prometheus-2-notes/file",
        "downloads/prometheus-2.45.0.linux-amd64.tar.gz",
    )
    for path in (installed.home / name for name in names):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a user's own")

    assert installed("install", "--only", "prometheus").status == 0
    assert installed("remove", "--yes", "--data").status == 0

    assert installed.files() == sorted([*names, "rules/own.yml"])


def test_where_nobody_can_be_asked_nothing_is_removed_without_yes(
    installed: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = installed.files()
    process = installed.start("remove")

    _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "say so with `--yes`" in err
    assert installed.files() == before
    monkeypatch.setattr("sys.stdin", None)  # as Python has it where stdin is closed
    closed = installed("remove", "--data")
    assert (closed.status, "say so with `--yes`" in closed.err) == (1, True)
    assert installed.files() == before


@pytest.mark.parametrize(("answer", "is_removed"), [("\n", False), ("n\n", False), ("y\n", True)])
def test_in_a_terminal_it_asks_first(installed: CommandLine, answer: str, is_removed: bool) -> None:
    terminal, typed_into = os.openpty()
    os.write(terminal, answer.encode())

    process = installed.start("remove", stdin=typed_into)
    _, err = process.communicate(timeout=60)
    os.close(terminal)
    os.close(typed_into)

    assert "Recorded data stays." in err
    assert (programs.installed("prometheus") is None) == is_removed
    assert (process.returncode == 0) == is_removed


class Asking:
    """A removal of everything that is waiting for its answer in a terminal."""

    def __init__(self, line: CommandLine) -> None:
        self._terminal, self._typed_into = os.openpty()
        self._process = line.start("remove", "--data", "--json", stdin=self._typed_into)
        self.said = ""
        assert self._process.stderr is not None
        while "[y/N]" not in self.said:
            character = self._process.stderr.read(1)
            assert character, self.said
            self.said += character

    def agree(self) -> tuple[int, str, str]:
        os.write(self._terminal, b"y\n")
        out, err = self._process.communicate(timeout=60)
        os.close(self._terminal)
        os.close(self._typed_into)
        return self._process.returncode, out, err


def test_what_came_into_use_while_it_was_asking_is_not_removed(
    installed: CommandLine, sleeper: subprocess.Popen[bytes]
) -> None:
    asking = Asking(installed)
    write_json(installed.home / "state" / "store.json", identity(sleeper))
    before = installed.files()

    status, _, err = asking.agree()

    assert status == 1
    assert f"it is used by store (PID {sleeper.pid})" in err
    assert installed.files() == before


def test_it_tells_the_size_of_what_is_removed_not_of_what_there_was_when_it_asked(
    installed: CommandLine,
) -> None:
    asking = Asking(installed)
    (installed.home / "data" / "builtin" / "samples").write_bytes(bytes(2_000_000))

    status, out, err = asking.agree()

    assert status == 0, err
    assert json.loads(out)["size_bytes"] > 2_000_000


@pytest.mark.parametrize("part", ["store", "grafana", "viewers/17"])
def test_nothing_is_removed_while_a_part_runs(
    installed: CommandLine, sleeper: subprocess.Popen[bytes], part: str
) -> None:
    before = installed.files()
    state = installed.home / "state" / f"{part}.json"
    write_json(state, {**identity(sleeper), "url": "http://127.0.0.1:1"})

    result = installed("remove", "--yes")

    assert result.status == 1
    assert f"(PID {sleeper.pid})" in result.err
    assert "run `mephisto metrics cleanup`" in result.err
    state.unlink()
    assert installed.files() == before


def test_files_of_parts_that_are_gone_hold_nothing_up(
    installed: CommandLine, sleeper: subprocess.Popen[bytes]
) -> None:
    state = installed.home / "state"
    recycled = {**identity(sleeper), "start_time_seconds": 1.0}
    write_json(state / "store.json", recycled)
    (state / "page.json").write_text("")
    (state / "grafana.json").write_text('{"pid": "x", "start_time_seconds": null}')

    assert installed("remove", "--yes").status == 0


def test_data_is_not_removed_while_an_operator_records(
    installed: CommandLine, sleeper: subprocess.Popen[bytes]
) -> None:
    start_ms = round(identity(sleeper)["start_time_seconds"] * 1000)
    name = f"{sleeper.pid}-{start_ms}"
    labels = {"job": "mephisto", "operator": name, "pid": str(sleeper.pid)}
    target = [{"targets": ["127.0.0.1:1"], "labels": labels}]
    write_json(installed.home / "targets" / f"{name}.json", target)

    refused = installed("remove", "--yes", "--data")

    assert refused.status == 1
    assert f"an Operator (PID {sleeper.pid})" in refused.err
    assert "end the Operators" in refused.err
    assert (installed.home / "data" / "builtin" / "samples").exists()
    assert installed("remove", "--yes").status == 0


def test_data_that_was_moved_to_another_disk_is_named_by_its_place_and_goes(
    installed: CommandLine, tmp_path: Path
) -> None:
    data, outside = installed.home / "data", tmp_path / "outside"
    data.rename(outside)
    data.symlink_to(outside)
    (outside / "precious").touch()

    listed = installed("remove", "--data", "--dry-run").err
    result = installed("remove", "--data", "--yes")

    assert result.status == 0, result.err
    for kind in ("builtin", "prometheus-3"):
        assert f"  {outside / kind}\n" in listed
    assert [path.name for path in outside.iterdir()] == ["precious"]
    assert data.is_symlink()


def test_of_a_link_in_the_place_of_recorded_data_only_the_link_goes_and_that_is_said(
    installed: CommandLine, tmp_path: Path
) -> None:
    data, outside = installed.home / "data" / "builtin", tmp_path / "outside"
    data.rename(outside)
    data.symlink_to(outside)

    result = installed("remove", "--data", "--yes")

    assert f"{data} (only the link: what it leads to stays, {outside})" in result.err
    assert not data.is_symlink()
    assert (outside / "samples").exists()


def test_links_in_the_home_are_not_followed_out_of_it(
    installed: CommandLine, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(bytes(90_000))
    (installed.home / "bin" / "grafana-1.0.0").symlink_to(outside)
    (installed.home / "data" / "link").symlink_to(outside)
    (installed.home / "bin" / "prometheus-9.8.7" / "link").symlink_to(outside)

    result = installed("remove", "--yes", "--data", "--json")

    assert result.status == 0, result.err
    assert (outside / "precious").exists()
    assert result.json["size_bytes"] < 200_000


def test_a_program_of_the_system_is_left_and_named(
    command_line: CommandLine, tmp_path: Path
) -> None:
    own = tmp_path / "prometheus"
    own.write_text("#!/bin/sh\necho 'prometheus, version 2.53.0'\n")
    own.chmod(0o755)
    command_line("install", "--only", "prometheus", "--prometheus", own)

    result = command_line("remove", "--yes")

    assert f"left as it is, but no longer used: {own}" in result.err
    assert own.exists()
    assert programs.installed("prometheus") is None


def test_where_nothing_is_installed_it_says_so(command_line: CommandLine) -> None:
    result = command_line("remove")

    assert (result.status, result.err) == (0, "nothing is installed\n")
    assert not command_line.home.exists()


def test_status_waits_for_nothing_that_only_an_installation_needs(
    command_line: CommandLine,
) -> None:
    code = (
        "import sys; from mephisto_metrics import cli; cli.run(['status'])\n"
        "print([name for name in ('requests', 'rich', 'filelock') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == "[]"
