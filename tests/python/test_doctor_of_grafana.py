"""The doctor asks what Grafana's boards ask: of the stand-in for Grafana, over a real store."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.python.doctoring import found, new_home, running_store, silent_server
from tests.stand_ins.archives import grafana_release
from tests.stand_ins.running import (
    as_installed,
    ask,
    change_password,
    started,
    without_grafanas_variables,
)

from mephisto_metrics.cli import run
from mephisto_metrics.stack import viewers
from mephisto_metrics.stack.doctor import diagnose
from mephisto_metrics.stack.doctor.findings import Level
from mephisto_metrics.stack.grafana import GrafanaOptions, data_source, prepare
from mephisto_metrics.stack.grafana.api import GrafanaApi
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, fetched, wait_until
from mephisto_metrics.stack.supervision import Program

TIMEOUT_SECONDS = 30
CHOSEN = "chosen in Grafana"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return new_home(tmp_path, monkeypatch)


@pytest.fixture
def release(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_grafanas_variables(monkeypatch)
    return grafana_release(tmp_path / "bin")


@contextlib.contextmanager
def shown(release: Path, store_url: str) -> Iterator[Program]:
    """A Grafana that says of itself what `view` says, and answers."""
    options = GrafanaOptions("127.0.0.1", 0, "admin", None, store_url, 1.0)
    program = prepare(as_installed(release), options)
    with started(program), viewers.viewing() as viewing:
        viewing.shows("grafana", program.url, f"{program.url}/d/mephisto")
        health = f"{program.url}/api/health"
        assert wait_until(lambda: fetched(health, TIMEOUT_SECONDS) is not None, TIMEOUT_SECONDS)
        yield program


def test_a_grafana_whose_store_is_gone_is_told_from_one_that_has_data(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.ExitStack() as showing:
        with running_store() as engine:
            program = showing.enter_context(shown(release, engine.url))
            assert found("viewer.well").found.startswith(f"Grafana is shown at {program.url}/d/")

        assert run(["doctor", "--json"]) == 1
        findings = json.loads(capsys.readouterr().out)["findings"]
        (finding,) = [one for one in findings if one["id"] == "viewer.without-store"]
        assert finding["level"] == "problem"
        assert f"Grafana at {program.url} answers, and its boards have no data" in finding["found"]
        assert engine.url in finding["found"], "what Grafana says of it"
        assert "see what is said of the store" in finding["meaning"]
        assert "a view starts a store that is gone again" in finding["remedy"]
        assert finding["command"] is None


def test_a_grafana_that_was_told_of_another_store_is_told_though_that_one_hangs(
    release: Path,
) -> None:
    with running_store(), silent_server() as address, shown(release, f"http://{address}"):
        finding = found("viewer.without-store")
        assert "no answer within 12 s" in finding.found
        assert "though the store answers others" in finding.meaning
        assert finding.command == "mephisto metrics cleanup"


def test_a_grafana_whose_store_takes_its_time_is_well(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_GRAFANA_QUERY_SECONDS", str(ANSWER_TIMEOUT_SECONDS + 0.5))
    with running_store() as engine, shown(release, engine.url):
        assert found("viewer.well").found.startswith("Grafana is shown at")


def test_who_changed_the_password_in_grafana_is_told_that_it_is_not_asked_and_not_locked_out(
    release: Path,
    home: Path,
) -> None:
    with running_store() as engine, shown(release, engine.url) as program:
        assert program.is_ready()
        change_password(release, home, CHOSEN)
        assert found("viewer.password-changed").level is Level.NOTE

        assert program.is_ready(), "the view goes by its health, and keeps that it was refused"
        for _ in range(10):
            assert any(one.id == "viewer.password-changed" for one in diagnose())
        assert ask(program.url, "/api/search", password=CHOSEN)[0] == 200


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, {"results": {"A": {"status": 200, "frames": [{}]}}}, None),
        (400, {"results": {"A": {"status": 400, "error": "refused", "frames": []}}}, "refused"),
        (200, {"results": {"A": {"status": 500, "error": "refused"}}}, "refused"),
        (500, {"message": "Query data error"}, "Query data error"),
        (502, None, "HTTP status 502, without data"),
        (200, {"results": {"A": {"status": 200, "frames": []}}}, "HTTP status 200, without data"),
        (200, {"results": []}, "HTTP status 200, without data"),
    ],
)
def test_what_each_release_of_grafana_says_is_understood(
    monkeypatch: pytest.MonkeyPatch, status: int, body: Any, fault: str | None
) -> None:
    monkeypatch.setattr(GrafanaApi, "ask", lambda *_: (status, body))
    answer = data_source.ask("http://127.0.0.1:9", "admin", "admin")
    assert (answer.fault, answer.is_denied) == (fault, False)
