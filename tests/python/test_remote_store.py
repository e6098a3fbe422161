"""A store elsewhere that a view asks, while its credentials are exchanged or can not be sent."""

from __future__ import annotations

import http.server
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from mephisto_metrics.cli import run, showing
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import back_off, store
from mephisto_metrics.stack.readiness import wait_until, why_no_queries
from mephisto_metrics.stack.remote import Credentials
from mephisto_metrics.stack.store_state import StoreState

TIMEOUT_SECONDS = 30
CYRILLIC = "\N{CYRILLIC SMALL LETTER A}"


class RemoteStore(http.server.ThreadingHTTPServer):
    """Answers each query with nothing, and keeps what let it in."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.authorizations: list[str | None] = []
        self.status = 200
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: RemoteStore

    def do_GET(self) -> None:
        self.server.authorizations.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps({"data": {"result": []}}).encode())

    def log_message(self, *_: Any) -> None:
        pass


class Viewer:
    """Shows nothing; each time that it is looked after, it does the next step."""

    kind = name = url = start_url = notice = ""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self._steps = list(steps)
        self.followed: list[str] = []

    def is_ready(self) -> bool:
        return True

    def follow(self, shown: StoreState) -> None:
        self.followed.append(shown.url)

    def check(self) -> None:
        self._steps.pop(0)()


@pytest.fixture
def remote_store() -> Iterator[RemoteStore]:
    with RemoteStore() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_view_goes_on_while_its_token_is_exchanged(
    remote_store: RemoteStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MEPHISTO_METRICS_STORE", remote_store.url)
    monkeypatch.setenv("MEPHISTO_METRICS_REMOTE_TOKEN_FILE", str(token))
    monkeypatch.setattr(showing, "STATUS_INTERVAL_SECONDS", 0.01)
    ended = threading.Event()
    steps = (lambda: None, token.unlink, lambda: token.write_text("second\n"), ended.set)
    showing.wait_for_end(Viewer(*steps), ended, TIMEOUT_SECONDS)
    assert ended.is_set()
    assert remote_store.authorizations == ["Bearer first", "Bearer second", "Bearer second"]
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("store: ")]
    assert [line.partition(remote_store.url)[2] for line in said] == [
        " answers",
        f" does not answer: the secret in `{token}` can not be read: No such file or directory",
        " answers",
    ]


@pytest.fixture
def receiver(
    remote_store: RemoteStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[RemoteStore]:
    """The remote store, which a local one sends all samples to."""
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MEPHISTO_METRICS_STORE", remote_store.url)
    monkeypatch.setenv("MEPHISTO_METRICS_REMOTE_WRITE", remote_store.url)
    monkeypatch.setenv("PROMETHEUS_PORT", "0")
    monkeypatch.setattr(showing, "STATUS_INTERVAL_SECONDS", 0.01)
    yield remote_store
    store.stop()


def kill_local_store() -> None:
    local = store.running()
    assert local is not None
    assert local.pid is not None
    os.kill(local.pid, signal.SIGKILL)
    assert wait_until(lambda: store.running() is None, TIMEOUT_SECONDS)


def test_a_store_that_sends_on_is_started_again_while_the_remote_one_is_shown(
    receiver: RemoteStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(back_off, "FIRST_PAUSE_SECONDS", 0.0)
    store.ensure_asked()
    ended = threading.Event()
    viewer = Viewer(kill_local_store, lambda: None, lambda: None, ended.set)
    showing.wait_for_end(viewer, ended, TIMEOUT_SECONDS)
    running = store.running()
    assert running is not None
    assert set(viewer.followed) == {receiver.url}
    said = capsys.readouterr().err.splitlines()
    assert "the store is gone: starting it again in 0 s" in said
    assert "store: the one on this machine does not run" in said
    assert said.count(f"store: the remote store at {receiver.url} answers") == 1
    assert said[-1] == f"store: the built-in store at {running.url} answers"


@pytest.mark.usefixtures("receiver")
def test_a_store_that_sends_on_ends_with_the_view_that_has_started_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with showing.showing("127.0.0.1", 0):
        assert store.running() is not None
    assert store.running() is None
    assert "stopped the store" in capsys.readouterr().err


@pytest.mark.usefixtures("receiver")
def test_a_store_that_sent_on_before_the_view_goes_on_after_it() -> None:
    running = store.ensure_running()
    with showing.showing("127.0.0.1", 0):
        pass
    assert store.running() == running


@pytest.mark.parametrize("status", [401, 403])
def test_where_a_store_lets_nobody_in_the_hint_names_what_it_can_be_sent(
    remote_store: RemoteStore, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_STORE", remote_store.url)
    remote_store.status = status
    with pytest.raises(StackError, match=f"HTTP status {status}") as raised:
        store.ensure_asked()
    for name in ("TOKEN_FILE", "USER", "PASSWORD_FILE"):
        assert f"MEPHISTO_METRICS_REMOTE_{name}" in (raised.value.hint or "")


@pytest.fixture
def shown(
    remote_store: RemoteStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[RemoteStore]:
    """A store elsewhere that a view of this home shows."""
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MEPHISTO_METRICS_STORE", remote_store.url)
    with showing.showing("127.0.0.1", 0):
        yield remote_store


@pytest.mark.parametrize("is_set", [True, False])
def test_status_names_the_store_that_a_view_was_told_of(
    shown: RemoteStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_set: bool,
) -> None:
    if not is_set:
        monkeypatch.delenv("MEPHISTO_METRICS_STORE")
    capsys.readouterr()
    assert run(["status"]) == 0
    said = capsys.readouterr().out
    assert f"store     the remote store at {shown.url}\n" in said
    assert "operator  none runs on this machine; " in said


def test_doctor_names_the_store_that_a_view_was_told_of_and_report_how_to_ask_it(
    shown: RemoteStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MEPHISTO_METRICS_STORE")
    run(["doctor"])
    said = capsys.readouterr().out
    assert f"MEPHISTO_METRICS_STORE={shown.url} mephisto metrics doctor" in said
    assert run(["report"]) == 1
    assert "MEPHISTO_METRICS_STORE" in capsys.readouterr().err


def test_doctor_does_not_say_that_a_view_starts_a_store_elsewhere(
    shown: RemoteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    shown.status = 503
    run(["doctor"])
    said = capsys.readouterr().out
    assert "a view shows a store elsewhere again as soon as that answers" in said
    assert "a view starts a store" not in said


def test_a_token_that_can_not_be_sent_is_a_reason_without_the_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"hidden-{CYRILLIC}\n")
    reason = why_no_queries("http://127.0.0.1:1", TIMEOUT_SECONDS, Credentials(token_file=token))
    assert reason == f"the token in `{token}` has letters that can not be sent"


@pytest.mark.parametrize("url", [f"http://127.0.0.1:1/{CYRILLIC}", "http://a..b"])
def test_an_address_that_can_not_be_asked_is_a_reason(url: str) -> None:
    assert why_no_queries(url, TIMEOUT_SECONDS)
    assert why_no_queries(url, TIMEOUT_SECONDS, Credentials(tenant=CYRILLIC))
