"""What is set for a store: that it holds after a kill, and what is said where it is not so."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mephisto_metrics import _core
from mephisto_metrics import store as store_process
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import engines, programs, settings, store, wanted
from mephisto_metrics.stack.elsewhere import joined
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.programs import InstalledProgram
from mephisto_metrics.stack.retention import Retention
from mephisto_metrics.stack.state import PartState, read_left_behind
from mephisto_metrics.stack.store_settings import set_in
from mephisto_metrics.stack.store_state import StoreState
from mephisto_metrics.stack.succession import next_start

RETENTION = "MEPHISTO_METRICS_RETENTION"
INTERVAL = "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS"
PORT = "PROMETHEUS_PORT"
STORE = "MEPHISTO_METRICS_STORE"
TARGETS = "MEPHISTO_METRICS_TARGETS"
RECEIVER = "MEPHISTO_METRICS_REMOTE_WRITE"
TOKEN, TOKEN_FILE = "MEPHISTO_METRICS_REMOTE_TOKEN", "MEPHISTO_METRICS_REMOTE_TOKEN_FILE"
USER, PASSWORD = "MEPHISTO_METRICS_REMOTE_USER", "MEPHISTO_METRICS_REMOTE_PASSWORD"
ONE, OTHER = "http://one.example/push", "http://other.example/push"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without settings."""
    for name in (*os.environ,):
        if name.startswith(("MEPHISTO_METRICS_", "PROMETHEUS_", "GRAFANA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def install_prometheus(tmp_path: Path) -> Any:
    """Give what lets a Prometheus be installed, which nobody starts."""

    def install() -> None:
        path = tmp_path / "prometheus"
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        programs.record(InstalledProgram("prometheus", "2.42.0", path, tmp_path, is_ours=False))

    return install


def left_behind(kind: str = "builtin", **started_with: str | None) -> PartState:
    """Return what a store that was killed has left."""
    return PartState(kind, 4711, 1.0, "http://127.0.0.1:9", 5.0, started_with)


def settings_of_next(before: PartState | None, *, as_it_was: bool = False) -> dict[str, Any]:
    """Return what a store that is started now finds set, with its secrets."""
    environment = next_start(before, as_it_was=as_it_was).environment
    return {name: environment[name] for name in set_in(environment)}


def test_without_one_that_was_killed_this_process_s_settings_hold(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(RETENTION, "7d")
    monkeypatch.setenv(TARGETS, "fleet.json")
    assert settings_of_next(None) == {RETENTION: "7d", TARGETS: str(tmp_path / "fleet.json")}


def test_what_was_set_for_one_that_was_killed_holds_where_nothing_else_is_set(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(RETENTION, "7d")
    before = left_behind(**{RETENTION: "30d", INTERVAL: "1", TARGETS: "/net/a"})

    assert settings_of_next(before) == {RETENTION: "7d", INTERVAL: "1", TARGETS: "/net/a"}
    (said,) = caplog.messages
    assert "ended without being told to (PID 4711)" in said
    assert said.endswith(f"with its {INTERVAL}, {TARGETS}")


def test_it_is_all_as_it_was_where_that_is_wanted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(RETENTION, "7d")
    monkeypatch.setenv(INTERVAL, "1")
    monkeypatch.setenv(PORT, "0")
    before = left_behind(**{RETENTION: "30d", PORT: "0"})

    assert settings_of_next(before, as_it_was=True) == {RETENTION: "30d", PORT: "0"}
    assert [message.partition("with its ")[2] for message in caplog.messages] == [RETENTION]


def test_credentials_stay_with_the_address_that_they_were_set_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    before = left_behind(**{RECEIVER: ONE, TOKEN_FILE: str(token)})

    monkeypatch.setenv(RECEIVER, OTHER)
    assert settings_of_next(before) == {RECEIVER: OTHER}
    for name, value in ((RECEIVER, ONE), (RECEIVER, ""), (USER, "somebody")):
        monkeypatch.setenv(name, value)
        assert settings_of_next(before) == {RECEIVER: ONE, TOKEN_FILE: str(token)}


def test_a_secret_is_not_written_down_and_is_taken_from_where_the_next_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(RECEIVER, ONE)
    monkeypatch.setenv(USER, "me")
    monkeypatch.setenv(PASSWORD, "hidden")
    started_with = set_in(os.environ)
    assert started_with == {RECEIVER: ONE, USER: "me", PASSWORD: None}

    monkeypatch.delenv(RECEIVER)
    monkeypatch.delenv(USER)
    found = settings_of_next(left_behind(**started_with))
    assert found == {RECEIVER: ONE, USER: "me", PASSWORD: "hidden"}


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ({TOKEN: None}, f"{TOKEN} is not set here"),
        ({TOKEN_FILE: "/nowhere/token"}, "`/nowhere/token` can not be read"),
    ],
)
def test_nothing_is_sent_without_the_secret_that_it_needs_and_the_log_says_so(
    lost: dict[str, str | None], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = left_behind(**{RECEIVER: ONE, RETENTION: "7d", **lost})

    assert settings_of_next(before) == {RETENTION: "7d"}
    assert f"without its {RECEIVER}: {reason}" in caplog.messages[-1]


@pytest.mark.parametrize(
    ("left", "has_prometheus", "own", "as_it_was", "started"),
    [
        (None, False, "auto", False, "builtin"),
        (None, True, "auto", False, "prometheus"),
        (None, True, "builtin", False, "builtin"),
        ("builtin", True, "auto", False, "builtin"),
        ("builtin", True, "prometheus", False, "prometheus"),
        ("builtin", True, "prometheus", True, "builtin"),
        ("prometheus", True, "builtin", True, "prometheus"),
        ("prometheus", False, "auto", False, "builtin"),
        ("nonsense", True, "auto", True, "prometheus"),
    ],
)
def test_the_kind_of_a_store_is_what_is_wanted_then_what_was_then_what_is_installed(
    install_prometheus: Any,
    monkeypatch: pytest.MonkeyPatch,
    left: str | None,
    has_prometheus: bool,
    own: str,
    as_it_was: bool,
    started: str,
) -> None:
    if has_prometheus:
        install_prometheus()
    monkeypatch.setenv(STORE, own)
    before = None if left is None else left_behind(left)
    assert next_start(before, as_it_was=as_it_was).kind == started


@pytest.mark.parametrize(
    ("has_prometheus", "wanted_store", "variable", "is_refused"),
    [
        (True, "auto", RECEIVER, True),
        (True, "auto", TARGETS, True),
        (True, "builtin", RECEIVER, False),
        (True, "builtin", TARGETS, False),
        (True, "https://store.example", RECEIVER, True),
        (True, "https://store.example", TARGETS, False),  # no store is started here
        (False, "auto", RECEIVER, False),
        (False, "prometheus", TARGETS, True),
    ],
)
def test_an_address_that_prometheus_would_show_is_refused_where_it_is_the_store(
    install_prometheus: Any,
    monkeypatch: pytest.MonkeyPatch,
    has_prometheus: bool,
    wanted_store: str,
    variable: str,
    is_refused: bool,
) -> None:
    if has_prometheus:
        install_prometheus()
    monkeypatch.setenv(STORE, wanted_store)
    monkeypatch.setenv(variable, f"{ONE}?token=secret")
    with pytest.raises(StackError) if is_refused else contextlib.nullcontext() as raised:
        settings.check()
    assert not is_refused or f"{variable} names `{ONE}` with a" in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "is_left"),
    [
        ({}, True),
        ({"started_with": {RETENTION: 7}}, False),
        ({"started_with": 7}, False),
        ({"pid": "x"}, True),
        ({"colour": "green"}, False),
    ],
)
def test_only_what_a_store_has_written_is_taken_for_left_behind(
    home: Path, changes: dict[str, Any], is_left: bool
) -> None:
    state = {"kind": "builtin", "pid": os.getpid(), "start_time_seconds": 1.0, "url": "x"}
    store.state_path().parent.mkdir(parents=True)
    store.state_path().write_text(json.dumps({**state, **changes}))
    assert (read_left_behind(store.state_path()) is not None) is is_left
    assert store.running() is None


def test_what_runs_is_not_left_behind(home: Path) -> None:
    store.state_path().parent.mkdir(parents=True)
    own = ProcessIdentity.current()._asdict()
    store.state_path().write_text(json.dumps({"kind": "builtin", "url": "x", **own}))
    assert read_left_behind(store.state_path()) is None
    assert store.running() is not None


def test_a_store_leaves_its_settings_behind_only_if_it_ends_by_a_fault(home: Path) -> None:
    options = EngineOptions(0, 60.0, Retention(3600, None), started_with={RETENTION: "1h"})
    with engines.running("builtin", options, print):
        running = store.running()
        assert running is not None
        assert running.started_with == {RETENTION: "1h"}
    assert not store.state_path().exists()

    with pytest.raises(StackError), engines.running("builtin", options, print):
        raise StackError("it can not go on", "mend it")
    assert json.loads(store.state_path().read_text())["started_with"] == {RETENTION: "1h"}


def test_a_store_that_can_not_start_leaves_what_was_left_behind(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "builtin").write_text("no folder")
    store.state_path().parent.mkdir(parents=True)
    store.state_path().write_text("{}")
    options = EngineOptions(0, 60.0, Retention(3600, None))
    with pytest.raises(StackError), engines.running("builtin", options, print):
        pass
    assert store.state_path().read_text() == "{}"


@pytest.fixture
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let nothing that a command sets outlive the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("_own_environment")
def test_variables_and_options_reach_the_built_in_store_and_options_go_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: dict[str, Any] = {}

    def started(**options: Any) -> None:
        given.update(options)
        raise ValueError("enough is known")

    monkeypatch.setattr(_core, "Store", started)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(RETENTION, "2d,1GB")
    monkeypatch.setenv(INTERVAL, "2.5")
    monkeypatch.setenv(PORT, "4711")
    monkeypatch.setenv(TARGETS, joined(["a,b", ONE]))
    monkeypatch.setenv(RECEIVER, OTHER)

    ended = CliRunner().invoke(store_process.main, ["--port", "0", "--rules", "own.yml"])

    assert "enough is known" in ended.output
    assert (given["retention_seconds"], given["retention_bytes"]) == (2 * 86400, 1024**3)
    assert given["scrape_interval_seconds"] == 2.5
    assert given["port"] == 0
    assert given["elsewhere"].sources == [str(tmp_path / "a,b"), ONE]
    assert given["remote_write"].url == OTHER
    assert given["rule_files"] == (tmp_path / "own.yml",)


def running(url: str = "http://127.0.0.1:9090", **started_with: str | None) -> StoreState:
    return StoreState("builtin", url, 5.0, 4711, started_with=started_with)


@pytest.mark.parametrize(
    ("set_here", "of_store", "said"),
    [
        ({}, {RETENTION: "7d", RECEIVER: ONE, TARGETS: "/net/a"}, []),
        ({RETENTION: "15d"}, {}, []),
        ({RETENTION: "48h"}, {RETENTION: "2d"}, []),
        ({RETENTION: "30d"}, {}, ["keeps samples for 15d, not for 30d"]),
        ({INTERVAL: "5.0"}, {}, []),
        ({INTERVAL: "0.5"}, {}, ["scrapes every 5 s, not every 0.5 s"]),
        ({PORT: "0"}, {}, []),
        ({PORT: "9090"}, {PORT: "0"}, []),
        ({PORT: "9091"}, {}, ["is at http://127.0.0.1:9090, not at port 9091"]),
        ({RECEIVER: ONE}, {RECEIVER: ONE}, []),
        ({RECEIVER: ONE}, {}, [f"sends its samples to nobody, not to {ONE}"]),
        ({RECEIVER: ONE}, {RECEIVER: OTHER}, [f"sends its samples to {OTHER}, not to {ONE}"]),
        (
            {RECEIVER: ONE, TOKEN_FILE: "/a"},
            {RECEIVER: ONE, TOKEN_FILE: "/b"},
            [f"was started with {TOKEN_FILE}=/b, not with {TOKEN_FILE}=/a"],
        ),
        (
            {RECEIVER: ONE, TOKEN: "hidden"},
            {RECEIVER: ONE},
            [f"was started without {TOKEN}, not with {TOKEN}"],
        ),
        ({RECEIVER: ONE, TOKEN: "hidden"}, {RECEIVER: ONE, TOKEN: None}, []),
        ({RECEIVER: ONE}, {RECEIVER: ONE, TOKEN_FILE: "/b"}, []),
        (
            {TARGETS: "/net/a", "MEPHISTO_METRICS_SCRAPE_INSECURE": "1"},
            {TARGETS: "/net/a"},
            [
                "was started without MEPHISTO_METRICS_SCRAPE_INSECURE, "
                "not with MEPHISTO_METRICS_SCRAPE_INSECURE=1"
            ],
        ),
    ],
)
def test_what_is_set_otherwise_for_the_store_that_runs_is_named_with_both_values(
    monkeypatch: pytest.MonkeyPatch,
    set_here: dict[str, str],
    of_store: dict[str, str | None],
    said: list[str],
) -> None:
    for name, value in set_here.items():
        monkeypatch.setenv(name, value)
    assert list(wanted.differences(running(**of_store))) == said


def test_a_store_that_knows_all_targets_and_more_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TARGETS, joined(["/net/a,b"]))
    wanted.check(running(**{TARGETS: joined(["/net/c", "/net/a,b"])}))
    with pytest.raises(StackError, match="does not look for Operators in /net/a,b"):
        wanted.check(running(**{TARGETS: "/net/c"}))
    with pytest.raises(StackError, match="does not look for Operators in /net/a,b"):
        wanted.check(running())


def test_a_store_of_another_kind_will_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORE, "prometheus")
    with pytest.raises(StackError, match="is builtin, not prometheus"):
        wanted.check(running())
