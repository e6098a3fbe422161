from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.targets import (
    Announcement,
    TargetFileError,
    live_targets,
    read,
    sweep,
)

ADDRESS = ("127.0.0.1", 3031)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "targets"


def write_for(folder: Path, pid: int, start_ms: int, text: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{pid}-{start_ms}.json"
    labels = {"job": "mephisto", "operator": path.stem, "pid": str(pid)}
    content = json.dumps([{"targets": ["127.0.0.1:3032"], "labels": labels}])
    path.write_text(content if text is None else text)
    return path


def start_ms_of_this_process() -> int:
    return round(ProcessIdentity.current().start_time_seconds * 1000)


def pid_of_a_process_that_has_ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_process_that_may_not_be_looked_at_is_none_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = ProcessIdentity.current()
    assert own.find() is not None

    def hidden(_: psutil.Process) -> float:
        raise psutil.AccessDenied  # as where `/proc` is mounted with `hidepid=1`

    monkeypatch.setattr(psutil.Process, "create_time", hidden)
    assert own.find() is None
    assert own.stop() is False


def test_an_announcement_is_in_the_format_of_file_sd(folder: Path) -> None:
    announcement = Announcement(ADDRESS, folder)
    announcement.publish()

    name = f"{os.getpid()}-{start_ms_of_this_process()}"
    labels = {"job": "mephisto", "operator": name, "pid": str(os.getpid())}
    assert json.loads((folder / f"{name}.json").read_text()) == [
        {"targets": ["127.0.0.1:3031"], "labels": labels}
    ]


def test_the_names_of_launched_tasks_are_joined_by_a_comma_each_once(folder: Path) -> None:
    announcement = Announcement(ADDRESS, folder)
    for task_name in ("first", "second", "first"):
        announcement.add_task(task_name)
        announcement.publish()

    (target,) = live_targets(folder)
    assert target.task_name == "first,second"


def test_no_half_written_file_can_be_found(folder: Path) -> None:
    Announcement(ADDRESS, folder).publish()

    assert [path.suffix for path in folder.iterdir()] == [".json"]


def test_an_announcement_is_published_when_its_file_is_there_and_says_all(folder: Path) -> None:
    announcement = Announcement(ADDRESS, folder)
    assert not announcement.is_published()
    path = announcement.path
    for change in (
        lambda: announcement.add_task("mine"),
        path.unlink,
        lambda: path.write_text(""),
        lambda: path.write_bytes(b"\xff"),
        lambda: path.write_text(path.read_text().replace("3031", "3032")),
    ):
        announcement.publish()
        assert announcement.is_published()
        change()
        assert not announcement.is_published()


def test_what_was_never_published_is_withdrawn_without_a_fault() -> None:
    Announcement(ADDRESS, Path("/dev/null/targets")).withdraw()


def test_a_withdrawn_announcement_is_gone_and_can_be_withdrawn_again(folder: Path) -> None:
    announcement = Announcement(ADDRESS, folder)
    announcement.publish()
    announcement.withdraw()
    announcement.withdraw()

    assert list(folder.iterdir()) == []


def test_a_fork_does_not_withdraw_the_announcement_of_its_parent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announcement = Announcement(ADDRESS, folder)
    announcement.publish()
    monkeypatch.setattr(os, "getpid", lambda: announcement._pid + 1)
    announcement.withdraw()

    assert announcement.path.exists()


def test_sweeping_removes_the_file_of_a_process_that_has_ended(folder: Path) -> None:
    path = write_for(folder, pid_of_a_process_that_has_ended(), start_ms_of_this_process())

    assert sweep(folder) == [path]
    assert list(folder.iterdir()) == []


def test_sweeping_removes_the_file_of_a_process_whose_pid_another_one_has_now(folder: Path) -> None:
    an_hour_ms = 3_600_000
    write_for(folder, os.getpid(), start_ms_of_this_process() - an_hour_ms)

    assert live_targets(folder) == []
    assert list(folder.iterdir()) == []


def test_a_process_is_the_same_when_the_clock_was_set_by_a_second(folder: Path) -> None:
    write_for(folder, os.getpid(), start_ms_of_this_process() + 1000)

    assert len(live_targets(folder)) == 1


def test_a_number_that_no_process_can_have_counts_as_gone(folder: Path) -> None:
    write_for(folder, 2**70, 1)

    assert len(sweep(folder)) == 1


def test_sweeping_leaves_files_with_names_that_are_not_ours(folder: Path) -> None:
    folder.mkdir()
    own = folder / "my-other-exporter.json"
    own.write_text("[]")

    assert sweep(folder) == []
    assert own.exists()


def test_a_folder_that_does_not_exist_has_no_targets(folder: Path) -> None:
    assert live_targets(folder) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        "null",
        '[{"targets": [], "labels": {"pid": "1"}}]',
        '[{"targets": ["a:1"], "labels": {}}]',
        '[{"targets": ["a:1"], "labels": {"pid": "one"}}]',
        '[{"targets": ["a:1"], "labels": []}]',
    ],
)
def test_a_malformed_file_is_named_with_what_was_expected_and_spoils_no_other(
    folder: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    good = Announcement(ADDRESS, folder)
    good.publish()
    bad = write_for(folder, os.getpid(), start_ms_of_this_process() + 5, text)

    with pytest.raises(TargetFileError, match=r"expected.*delete it"):
        read(bad)
    with caplog.at_level(logging.WARNING):
        assert [target.id for target in live_targets(folder)] == [good.id]
    assert str(bad) in caplog.text


def test_a_file_that_stays_malformed_is_told_once_and_again_when_it_is_mended_and_spoilt(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    announcement = Announcement(ADDRESS, folder)

    def faults_of(text: str) -> list[str]:
        caplog.clear()
        announcement.path.write_text(text)
        for _ in range(3):
            assert live_targets(folder) == []
        return [record.message for record in caplog.records]

    announcement.publish()
    first = faults_of("")
    assert [len(first), len(faults_of("")), len(faults_of("[]"))] == [1, 0, 1]
    announcement.publish()
    assert len(live_targets(folder)) == 1
    assert faults_of("[]") != []
    assert faults_of("") == first
