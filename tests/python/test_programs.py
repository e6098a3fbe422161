"""The records of which Prometheus and Grafana are used."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from mephisto_metrics.stack import programs
from mephisto_metrics.stack.programs import InstalledProgram


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def program(home: Path) -> InstalledProgram:
    folder = home / "bin" / "prometheus-3.13.2"
    folder.mkdir(parents=True)
    executable = folder / "prometheus"
    executable.write_text("#!/bin/sh\n")
    executable.chmod(0o755)
    return InstalledProgram("prometheus", "3.13.2", executable, folder, is_ours=True)


def test_what_was_recorded_is_found_again(program: InstalledProgram) -> None:
    assert programs.installed("prometheus") is None

    programs.record(program)

    assert programs.installed("prometheus") == program
    assert programs.installed("grafana") is None


def test_the_last_record_counts(program: InstalledProgram) -> None:
    programs.record(program)
    programs.record(replace(program, version="3.13.3", is_ours=False))

    found = programs.installed("prometheus")

    assert found is not None
    assert (found.version, found.is_ours) == ("3.13.3", False)


def test_a_forgotten_program_is_not_used_and_not_removed(program: InstalledProgram) -> None:
    programs.record(program)

    programs.forget("prometheus")
    programs.forget("prometheus")

    assert programs.installed("prometheus") is None
    assert program.executable.is_file()


def test_a_program_that_is_gone_is_not_installed(program: InstalledProgram) -> None:
    programs.record(program)
    program.executable.unlink()

    assert programs.installed("prometheus") is None


def test_a_program_that_may_not_be_run_is_not_installed(program: InstalledProgram) -> None:
    programs.record(program)
    program.executable.chmod(0o644)

    assert not os.access(program.executable, os.X_OK)
    assert programs.installed("prometheus") is None


def test_a_program_in_a_folder_that_is_closed_is_not_installed(
    program: InstalledProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.record(program)

    def closed(_: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "is_file", closed)
    assert programs.installed("prometheus") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"name": "prometheus"}', '"prometheus"']
)
def test_a_damaged_record_is_as_good_as_none(program: InstalledProgram, text: str) -> None:
    programs.record(program)
    programs.record_path("prometheus").write_text(text)

    assert programs.installed("prometheus") is None


def test_a_record_with_a_field_of_another_type_is_as_good_as_none(
    program: InstalledProgram,
) -> None:
    programs.record(program)
    path = programs.record_path("prometheus")
    value = json.loads(path.read_text())

    path.write_text(json.dumps({**value, "is_ours": "yes"}))

    assert programs.installed("prometheus") is None
