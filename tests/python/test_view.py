"""`mephisto metrics view` in this process: the browser, and the store that it watches."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from mephisto_metrics.cli import run, showing, view
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import back_off, viewers
from mephisto_metrics.stack.files import write_json
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.store_state import StoreState
from mephisto_metrics.stack.viewers import ViewerState

TIMEOUT_SECONDS = 30
ADDRESS = "http://127.0.0.1:3032"
RETENTION = "MEPHISTO_METRICS_RETENTION"


@pytest.fixture(autouse=True)
def _own_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no variable and no signal handler of a command outlive its test."""
    variables = dict(os.environ)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handlers[signal.SIGHUP] = signal.getsignal(signal.SIGHUP)
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    os.environ.clear()
    os.environ.update(variables)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was told to open."""
    addresses: list[str] = []

    def open_(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", open_)
    return addresses


@pytest.fixture
def _shows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show something without a store, and end as soon as it is shown."""
    served = SimpleNamespace(url=ADDRESS, start_url=ADDRESS, notice="")
    monkeypatch.setattr(view, "showing", lambda *_: contextlib.nullcontext(served))
    monkeypatch.setattr(view, "wait_for_end", lambda *_: None)


@pytest.mark.usefixtures("_shows_at_once")
@pytest.mark.parametrize(("options", "expected"), [([], []), (["--open"], [ADDRESS])])
def test_the_dashboard_is_opened_in_a_browser_only_if_that_is_asked_for(
    opened: list[str],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    expected: list[str],
) -> None:
    assert run(["view", *options]) == 0
    assert wait_until(lambda: opened == expected, TIMEOUT_SECONDS)
    assert capsys.readouterr().out == f"{ADDRESS}\n"


@pytest.mark.usefixtures("_shows_at_once")
def test_a_view_looks_after_what_it_shows_while_a_browser_in_the_terminal_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks_after, seen_by_browser = threading.Event(), []

    def read_until_the_end(_: str) -> bool:
        seen_by_browser.append(looks_after.wait(TIMEOUT_SECONDS))
        return True

    monkeypatch.setattr("webbrowser.open", read_until_the_end)
    monkeypatch.setattr(view, "wait_for_end", lambda *_: looks_after.set())
    assert run(["view", "--open"]) == 0
    assert wait_until(lambda: seen_by_browser == [True], TIMEOUT_SECONDS)


@pytest.mark.usefixtures("_shows_at_once")
@pytest.mark.parametrize("options", [[], ["--detach"]])
def test_where_there_is_no_browser_that_is_said_with_the_address(
    monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    said: list[str] = []
    shown = ViewerState(*ProcessIdentity.current(), "builtin", ADDRESS, ADDRESS)
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    monkeypatch.setattr(view, "say", said.append)
    monkeypatch.setattr(view, "_start_detached", lambda **_: shown)
    assert run(["view", "--open", *options]) == 0
    expected = [f"no browser could be opened: the dashboard is at {ADDRESS}"]
    assert wait_until(lambda: said == expected, TIMEOUT_SECONDS)


def test_what_runs_in_the_background_is_opened_too(
    opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ViewerState(*ProcessIdentity.current(), "builtin", ADDRESS, f"{ADDRESS}/d")
    monkeypatch.setattr(view, "_start_detached", lambda **_: shown)
    assert run(["view", "--detach", "--open"]) == 0
    assert opened == [f"{ADDRESS}/d"]


def test_what_another_view_shows_already_is_opened_in_its_place(opened: list[str]) -> None:
    another = ProcessIdentity.of(psutil.Process(os.getppid()))
    path = viewers.viewers_folder() / f"{another.pid}.json"
    write_json(path, asdict(ViewerState(*another, "builtin", ADDRESS, f"{ADDRESS}/d")))
    assert run(["view", "--detach", "--open"]) == 0
    assert opened == [f"{ADDRESS}/d"]


@pytest.mark.parametrize(
    ("kind", "url", "own_kind", "is_in_the_way"),
    [
        ("builtin", ADDRESS, "builtin", True),
        ("builtin", "http://127.0.0.1:4000", "builtin", False),
        ("builtin", None, "builtin", True),
        ("grafana", "http://127.0.0.1:4000", "grafana", True),
        ("grafana", "http://127.0.0.1:4000", "builtin", False),
    ],
    ids=["same port", "another port", "starts", "the one Grafana", "a Grafana beside a page"],
)
def test_a_view_takes_over_unless_another_is_in_its_way(
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    url: str | None,
    own_kind: str,
    is_in_the_way: bool,
) -> None:
    monkeypatch.setattr(view, "kind_to_show", lambda: own_kind)
    other = ViewerState(*ProcessIdentity.current(), kind, url, url)
    assert view._is_in_the_way(3032, other) is is_in_the_way
    assert view._is_in_the_way(None, other), "what is shown is shown to who comes later"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a view shows; it is looked after without pauses."""
    monkeypatch.setattr(showing, "STATUS_INTERVAL_SECONDS", 0.0)
    followed: list[StoreState] = []
    return SimpleNamespace(
        name="the page",
        start_url=ADDRESS,
        is_ready=lambda: True,
        check=lambda: None,
        follow=followed.append,
        followed=followed,
    )


def test_a_store_that_is_gone_is_started_as_it_was_until_it_is_given_up(
    shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[dict[str, Any]] = []

    def start(**options: Any) -> StoreState:
        asked_for.append(options)
        raise StackError("the port is taken", "end who has it")

    monkeypatch.setattr(back_off, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(showing.store, "ensure_running", start)
    with pytest.raises(StackError, match="the port is taken") as raised:
        showing.wait_for_end(shown, threading.Event())
    assert raised.value.hint == "end who has it"
    assert asked_for == [{"as_it_was": True}] * (back_off.STARTS_TRIED - 1)


@pytest.mark.parametrize("pause_seconds", [0.0, 60.0])
def test_what_another_process_has_started_otherwise_in_its_place_is_said(
    shown: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pause_seconds: float,
) -> None:
    """Before this one's pause is over, or while it waits to start one itself."""
    monkeypatch.setenv(RETENTION, "30d")
    monkeypatch.setattr(back_off, "FIRST_PAUSE_SECONDS", pause_seconds)
    another = StoreState("builtin", "http://127.0.0.1:9", 5.0, 4711)
    ended = threading.Event()
    found = [None, another if pause_seconds else None]

    def running() -> StoreState | None:
        if len(found) == 1:
            ended.set()
        return found.pop(0)

    monkeypatch.setattr(showing.store, "running", running)
    monkeypatch.setattr(showing.store, "ensure_running", lambda **_: another)
    showing.wait_for_end(shown, ended)
    assert shown.followed == [another]
    assert "(PID 4711) keeps samples for 15d, not for 30d" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--store", "promethius", "`--store` is 'promethius', which is not known"),
        ("--retention", "forever", "`--retention` is 'forever'"),
        ("--remote-write", "mimir", "`--remote-write` is 'mimir', which is no web address"),
        ("--targets", "/net/*", "`--targets` names `/net/*`"),
        ("--scrape-interval", "often", "`--scrape-interval` is 'often'"),
    ],
)
def test_a_value_that_can_not_be_used_is_named_by_its_option(
    capsys: pytest.CaptureFixture[str], option: str, value: str, said: str
) -> None:
    assert run(["view", option, value]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--host", "--store", "--retention", "--remote-write"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_value_is_not_taken_for_none(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert run(["view", option, value]) == 2
    assert re.search(f"{option}.*: it is empty", capsys.readouterr().err)


def test_targets_that_name_nothing_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["view", "--targets", ""]) == 1
    assert "`--targets` names nothing" in capsys.readouterr().err


def test_a_variable_that_can_not_be_used_is_named_as_such(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RETENTION, "forever")
    assert run(["view", "--store", "builtin"]) == 1
    assert f"{RETENTION} is 'forever'" in capsys.readouterr().err
