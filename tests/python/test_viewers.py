"""Who shows something, and who begins to: of several views, one at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mephisto_metrics.stack import viewers
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 30
ADDRESS = "http://127.0.0.1:9"
BEGIN = """
from mephisto_metrics.stack import viewers
with viewers.viewing() as own:
    print(own.begins_unless_another("builtin") is None, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """Another process, whose view a test makes up."""
    command = [sys.executable, "-c", "input()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    yield process
    process.communicate()


def write(process: subprocess.Popen[str], kind: str | None, url: str | None) -> None:
    identity = ProcessIdentity.of(psutil.Process(process.pid))
    path = viewers.viewers_folder() / f"{process.pid}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**identity._asdict(), "kind": kind, "url": url, "start_url": url}))


@pytest.mark.parametrize(
    ("kind", "url", "is_first"),
    [("grafana", None, True), ("builtin", ADDRESS, True), (None, None, False)],
    ids=["starts", "shows", "waits"],
)
def test_a_view_begins_unless_another_shows_something_or_starts_it(
    other: subprocess.Popen[str], kind: str | None, url: str | None, is_first: bool
) -> None:
    write(other, kind, url)
    with viewers.viewing() as own:
        found = own.begins_unless_another("builtin")
        assert (found is not None and found.pid == other.pid) is is_first
        other.communicate()
        assert own.begins_unless_another("builtin") is None
        assert own.begins_unless_another("builtin") is None, "it is not in its own way"
    assert viewers.living_viewers() == []


def test_what_is_shown_goes_before_what_starts(other: subprocess.Popen[str]) -> None:
    write(other, "grafana", None)
    with viewers.viewing("builtin") as own:
        own.shows("builtin", ADDRESS, ADDRESS)
        first = viewers.first_but(0)
        assert first is not None
        assert first.url == ADDRESS
        assert [viewer.url for viewer in viewers.shown()] == [ADDRESS]


def test_of_several_that_begin_at_the_same_moment_one_does() -> None:
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", BEGIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    try:
        said = [process.stdout.readline().strip() for process in begun if process.stdout]
        assert sorted(said) == ["False", "False", "False", "True"]
        assert len([viewer for viewer in viewers.living_viewers() if viewer.kind]) == 1
    finally:
        for process in begun:
            process.communicate("\n")
    assert wait_until(lambda: viewers.living_viewers() == [], TIMEOUT_SECONDS)
