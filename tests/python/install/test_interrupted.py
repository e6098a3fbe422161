"""Whatever ends an installation, the next one comes to its end; and two do not meet."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from tests.python.install.archives import prometheus_archive, prometheus_name
from tests.python.install.conftest import CommandLine
from tests.python.install.mirror import Mirror

from mephisto_metrics.machine import places
from mephisto_metrics.stack import programs
from mephisto_metrics.stack.install import unpacked
from mephisto_metrics.stack.install.sweeping import REPLACED, UNPACKING
from mephisto_metrics.stack.readiness import wait_until

VERSION = "9.8.7"
NAME = prometheus_name(VERSION)
BALLAST_BYTES = 2_000_000
TIMEOUT_SECONDS = 60


def serve(server: Mirror, step_seconds: float = 0.0) -> bytes:
    content = prometheus_archive(VERSION, ballast_bytes=BALLAST_BYTES)
    server.add(NAME, content, step_seconds=step_seconds)
    server.add_checksums(NAME)
    return content


def arguments(server: Mirror) -> tuple[str, ...]:
    return ("install", "--only", "prometheus", "--version", VERSION, "--mirror", server.url)


def part_bytes(command_line: CommandLine) -> int:
    part = places.downloads_folder() / f"{NAME}.part"
    return part.stat().st_size if part.exists() else 0


def assert_installed_alone(command_line: CommandLine) -> None:
    program = programs.installed("prometheus")
    assert program is not None
    assert program.version == VERSION
    subprocess.run([program.executable], check=True, capture_output=True)
    assert {path.name for path in (command_line.home / "bin").iterdir()} == {
        "prometheus.json",
        f"prometheus-{VERSION}",
    }
    assert list((places.downloads_folder()).iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_download_that_was_ended_is_gone_on_with(
    command_line: CommandLine, server: Mirror, number: signal.Signals
) -> None:
    serve(server, step_seconds=0.1)
    process = command_line.start(*arguments(server))
    assert wait_until(lambda: part_bytes(command_line) > 200_000, TIMEOUT_SECONDS)

    process.send_signal(number)
    _, err = process.communicate(timeout=TIMEOUT_SECONDS)

    assert "Traceback" not in err
    if number is not signal.SIGKILL:
        assert process.returncode == 130
        assert "goes on where this one was interrupted" in err
    assert programs.installed("prometheus") is None
    kept_bytes = part_bytes(command_line)
    assert kept_bytes > 200_000

    server.files[NAME].step_seconds = 0
    server.requests.clear()
    result = command_line(*arguments(server))

    assert result.status == 0, result.err
    assert server.ranges(NAME) == [f"bytes={kept_bytes}-"]
    assert_installed_alone(command_line)


@pytest.fixture
def unpacking(command_line: CommandLine, server: Mirror, tmp_path: Path) -> subprocess.Popen[str]:
    """An installation that has unpacked all, and puts it in place when `waits` is written to."""
    # Its `--version` waits: then all is unpacked, and nothing is in its place yet.
    waits = tmp_path / "waits"
    os.mkfifo(waits)
    script = f"#!/bin/sh\n[ -p {waits} ] && read x < {waits}\necho prometheus, version {VERSION}\n"
    server.add(NAME, prometheus_archive(VERSION, script.encode(), BALLAST_BYTES))
    server.add_checksums(NAME)
    process = command_line.start(*arguments(server), start_new_session=True)

    def is_unpacked() -> bool:
        found = places.programs_folder().glob(f"{UNPACKING}*/*/ballast")
        return BALLAST_BYTES in [path.stat().st_size for path in found]

    assert wait_until(is_unpacked, TIMEOUT_SECONDS)
    return process


def test_a_kill_while_unpacking_leaves_nothing_that_counts(
    command_line: CommandLine, server: Mirror, unpacking: subprocess.Popen[str], tmp_path: Path
) -> None:
    bin_folder = command_line.home / "bin"

    os.killpg(unpacking.pid, signal.SIGKILL)
    unpacking.communicate(timeout=TIMEOUT_SECONDS)
    (tmp_path / "waits").unlink()

    assert programs.installed("prometheus") is None
    assert list(bin_folder.glob(f"{UNPACKING}*")) != []
    server.requests.clear()
    result = command_line(*arguments(server))

    assert result.status == 0, result.err
    assert server.ranges(NAME) == []  # the whole archive was there already
    assert_installed_alone(command_line)


def test_a_run_that_ended_between_unpacking_and_recording_is_repeated(
    command_line: CommandLine, server: Mirror
) -> None:
    serve(server)
    assert command_line(*arguments(server)).status == 0
    programs.record_path("prometheus").unlink()

    assert command_line(*arguments(server)).status == 0

    assert_installed_alone(command_line)


def test_a_release_that_had_made_room_for_one_that_did_not_come_is_put_back(
    command_line: CommandLine, server: Mirror
) -> None:
    serve(server)
    assert command_line(*arguments(server)).status == 0
    bin_folder = command_line.home / "bin"
    replaced = bin_folder / f"{REPLACED}x"
    replaced.mkdir()
    release = bin_folder / f"prometheus-{VERSION}"
    release.rename(replaced / release.name)
    server.requests.clear()

    result = command_line(*arguments(server))

    assert "is installed already" in result.err
    assert server.requests == []
    assert_installed_alone(command_line)


def end_at_the_mark(path: Path, **_: object) -> None:
    """Remove as much as a kill may leave: of a release its mark first."""
    for mark in path.rglob(unpacked.MARK):
        mark.unlink()
        raise KeyboardInterrupt


@pytest.mark.parametrize("verb", ["install", "remove"])
def test_a_release_that_was_half_removed_holds_up_no_installation(
    command_line: CommandLine, server: Mirror, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    serve(server)
    assert command_line(*arguments(server)).status == 0
    newer = prometheus_name("9.8.8")
    server.add(newer, prometheus_archive("9.8.8"))
    server.add_checksums(NAME, newer)
    how = {
        "install": ("--only", "prometheus", "--version", "9.8.8", "--mirror", server.url),
        "remove": ("--yes",),
    }
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", end_at_the_mark)
        assert command_line(verb, *how[verb]).status == 130

    result = command_line(*arguments(server))

    assert result.status == 0, result.err
    assert_installed_alone(command_line)


def test_what_an_interrupted_removal_has_left_is_removed_by_the_next(
    command_line: CommandLine, server: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(server)
    assert command_line(*arguments(server)).status == 0
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", end_at_the_mark)
        command_line("remove", "--yes")

    result = command_line("remove", "--yes", "--json")

    assert result.json["size_bytes"] > BALLAST_BYTES
    assert not (command_line.home / "bin").exists()


def test_half_of_a_release_is_not_put_back(command_line: CommandLine, server: Mirror) -> None:
    serve(server)
    assert command_line(*arguments(server)).status == 0
    half = command_line.home / "bin" / f"{REPLACED}x" / f"prometheus-{VERSION}"
    half.mkdir(parents=True)
    (half / "LICENSE").touch()

    assert command_line("remove", "--yes").status == 0

    assert command_line.files() == []
    assert command_line(*arguments(server)).status == 0
    assert_installed_alone(command_line)


def test_what_a_killed_installation_has_unpacked_is_told_and_removed(
    command_line: CommandLine, unpacking: subprocess.Popen[str]
) -> None:
    os.killpg(unpacking.pid, signal.SIGKILL)
    unpacking.communicate(timeout=TIMEOUT_SECONDS)
    shutil.rmtree(places.downloads_folder())

    listed = command_line("remove", "--dry-run").err
    result = command_line("remove", "--yes", "--json")

    assert "(left by an interrupted `install` or `remove`)" in listed
    assert result.json["size_bytes"] > BALLAST_BYTES
    assert command_line.files() == []
    assert not (command_line.home / "bin").exists()


def test_a_removal_waits_for_an_installation_and_takes_nothing_from_it(
    command_line: CommandLine, unpacking: subprocess.Popen[str], tmp_path: Path
) -> None:
    removal = command_line.start("remove", "--yes")
    assert removal.stderr is not None
    assert "waiting until it has ended" in removal.stderr.readline()

    (tmp_path / "waits").write_text("go on\n")
    _, err = unpacking.communicate(timeout=TIMEOUT_SECONDS)
    _, removal_err = removal.communicate(timeout=TIMEOUT_SECONDS)

    assert (unpacking.returncode, removal.returncode) == (0, 0), err + removal_err
    assert f"prometheus-{VERSION}\n" in removal_err
    assert command_line.files() == []


def test_an_archive_that_lies_there_damaged_is_downloaded_again(
    command_line: CommandLine, server: Mirror
) -> None:
    content = serve(server)
    downloads = places.downloads_folder()
    downloads.mkdir(parents=True)
    (downloads / NAME).write_bytes(content[:-1000])
    (downloads / f"{prometheus_name('1.2.3')}.part").write_bytes(b"of an older release")

    assert command_line(*arguments(server)).status == 0

    assert_installed_alone(command_line)


def test_of_two_installations_at_once_one_waits_and_says_so(
    command_line: CommandLine, server: Mirror
) -> None:
    serve(server, step_seconds=0.1)
    first = command_line.start(*arguments(server))
    assert wait_until(lambda: part_bytes(command_line) > 0, TIMEOUT_SECONDS)

    second = command_line.start(*arguments(server))
    _, second_err = second.communicate(timeout=TIMEOUT_SECONDS)
    _, first_err = first.communicate(timeout=TIMEOUT_SECONDS)

    assert (first.returncode, second.returncode) == (0, 0), first_err + second_err
    assert "waiting until it has ended" in second_err
    assert "is installed already" in second_err
    assert server.ranges(NAME) == [None]
    assert_installed_alone(command_line)
