"""What `view` says of each part and Operator while they come, go, and start again."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from mephisto_metrics.cli.live_status import LiveStatus
from mephisto_metrics.cli.status import _without_operators
from mephisto_metrics.stack import overview as overview_module
from mephisto_metrics.stack.overview import PartLine, overview, sender_line
from mephisto_metrics.stack.store_state import StoreState
from mephisto_metrics.stack.targets import Announcement, Target

STORE = StoreState("builtin", "http://127.0.0.1:9090", 5.0, 4711)
STORE_WHAT = "the built-in store at http://127.0.0.1:9090"
VIEWER = "the page at http://127.0.0.1:3032"
NONSENSE = "what it says is no answer to a query"
HERE = Target("1-2", 1, "127.0.0.1:3031", "mine")
HERE_WHAT = "PID 1 at 127.0.0.1:3031, task mine"
GPU7_WHAT = "one elsewhere at gpu7:3031"


def viewer(is_ready: bool) -> Any:
    address = "http://127.0.0.1:3032"
    return SimpleNamespace(name="the page", start_url=address, is_ready=lambda: is_ready)


def up(operator: str, value: str, instance: str = "127.0.0.1:3031") -> dict[str, Any]:
    return {"metric": {"operator": operator, "instance": instance}, "value": [1.0, value]}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what sets the series that the store answers with; None for no answer."""

    def set_answer(*series: Any, operators: tuple[Target, ...] = (), text: str = "") -> None:
        body = text or json.dumps({"data": {"result": series}})
        monkeypatch.setattr(overview_module, "answer_of", lambda *_: (body.encode(), None))
        monkeypatch.setattr(overview_module.targets, "live_targets", lambda: list(operators))

    return set_answer


def test_a_store_that_answers_and_a_viewer_that_shows_it_are_well(answer: Any) -> None:
    answer()
    assert overview(STORE, viewer(is_ready=True)) == [
        PartLine("store", STORE_WHAT, "answers", True),
        PartLine("viewer", VIEWER, "shows the store's data", True),
    ]


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"data": {"result": [{}]}}', '{"data": null}'])
def test_a_store_that_answers_nonsense_does_not_answer(answer: Any, text: str) -> None:
    answer(operators=(HERE,), text=text)
    assert overview(STORE, viewer(is_ready=False)) == [
        PartLine("store", STORE_WHAT, f"does not answer: {NONSENSE}", False),
        PartLine("viewer", VIEWER, "does not show the store's data", False),
        PartLine("operator", HERE_WHAT, "runs", True, HERE.id),
    ]


def test_while_a_store_is_started_again_there_is_none(answer: Any) -> None:
    answer(up("1-2", "1"), operators=(HERE,))
    assert overview(None, None) == [
        PartLine("store", "", "does not run", False),
        PartLine("operator", HERE_WHAT, "runs", True, HERE.id),
    ]


def test_a_store_that_only_sends_samples_on_has_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_ready = [True, False]
    monkeypatch.setattr(overview_module, "is_ready", lambda _: is_ready.pop(0))
    assert [sender_line(store) for store in (STORE, STORE, None)] == [
        PartLine("store", STORE_WHAT, "answers", True, "sender"),
        PartLine("store", STORE_WHAT, "does not answer", False, "sender"),
        PartLine("store", "the one on this machine", "does not run", False, "sender"),
    ]


@pytest.mark.parametrize(
    ("series", "state", "is_well"),
    [
        ((), "waits for its first scrape", True),
        ((up("1-2", "1"),), "scraped", True),
        ((up("1-2", "0"),), "can not be scraped", False),
        ((up("3-4", "1"),), "waits for its first scrape", True),
    ],
)
def test_an_operator_here_is_as_the_store_says(
    answer: Any, series: tuple[Any, ...], state: str, is_well: bool
) -> None:
    answer(*series, operators=(HERE,))
    assert overview(STORE, None)[1:] == [PartLine("operator", HERE_WHAT, state, is_well, HERE.id)]


@pytest.mark.parametrize(
    "store",
    [
        StoreState("remote", "http://far.example", 5.0, None),
        StoreState("builtin", "u", 5.0, 1, started_with={"MEPHISTO_METRICS_TARGETS": "/net/a"}),
    ],
)
def test_operators_elsewhere_are_shown_where_a_store_has_them(
    answer: Any, store: StoreState
) -> None:
    answer(up("1-2", "1"), up("", "0", "gpu7:3031"), operators=(HERE,))
    assert overview(store, None)[1:] == [
        PartLine("operator", HERE_WHAT, "scraped", True, HERE.id),
        PartLine(
            "operator", "one elsewhere at gpu7:3031", "can not be scraped", False, "gpu7:3031"
        ),
    ]
    assert len(overview(STORE, None)) == 2


def test_an_operator_comes_with_its_target_file_and_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path))
    announcement = Announcement(("127.0.0.1", 3031))
    announcement.add_task("mine")
    announcement.publish()
    (line,) = overview(None, None)[1:]
    assert line.what.endswith(" at 127.0.0.1:3031, task mine")
    announcement.withdraw()
    assert overview(None, None)[1:] == []


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (None, "none runs; start a Mephisto task"),
        (STORE, "none runs; start a Mephisto task"),
        (replace(STORE, started_with={"MEPHISTO_METRICS_TARGETS": "/net/a"}), "those in /net/a"),
        (StoreState("remote", "http://far.example", 5.0, None), "that the remote store scrapes"),
    ],
)
def test_status_does_not_say_that_none_runs_where_a_store_looks_elsewhere_too(
    store: StoreState | None, said: str
) -> None:
    assert said in _without_operators(store)


UP = PartLine("store", "the store", "answers", True)
DOWN = PartLine("store", "the store", "does not answer", False)
NONE = PartLine("store", "", "does not run", False)
OPERATOR = PartLine("operator", "PID 1", "scraped", True, "1-2")
WITH_TASK = OPERATOR._replace(what="PID 1, task mine")


def test_a_log_has_a_line_for_each_change_and_for_what_is_gone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = []
    with LiveStatus() as status:
        for lines in ([UP], [UP], [NONE], [DOWN], [UP, OPERATOR], [UP, WITH_TASK], [UP]):
            status.show(lines)
            said.append(capsys.readouterr().err.splitlines())
    assert said == [
        ["store: the store answers"],
        [],
        ["store: does not run"],
        ["store: the store does not answer"],
        ["store: the store answers", "operator: PID 1 scraped"],
        ["operator: PID 1, task mine scraped"],
        ["operator: PID 1, task mine is gone"],
    ]


def test_of_operators_nothing_is_said_while_no_store_tells_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    elsewhere = PartLine("operator", GPU7_WHAT, "scraped", True, "gpu7:3031")
    said = []
    with LiveStatus() as status:
        for lines in ([UP, OPERATOR, elsewhere], [DOWN], [NONE, WITH_TASK], [UP, OPERATOR]):
            status.show(lines)
            said.append(capsys.readouterr().err.splitlines())
    assert said[1:] == [
        ["store: the store does not answer"],
        ["store: does not run"],
        ["store: the store answers", f"operator: {GPU7_WHAT} is gone"],
    ]


def test_a_stranger_s_text_is_neither_markup_nor_an_escape_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with LiveStatus() as status:
        status.show([PartLine("operator", "[red]x\x1b[2J", "scraped", True)])
    said = capsys.readouterr().err
    assert "[red]x" in said
    assert "\x1b" not in said


def test_in_a_terminal_the_lines_stay_in_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr("rich.console.Console", lambda **_: terminal)
    with LiveStatus() as status:
        status.show([UP, OPERATOR])
        first = screen.getvalue()
        status.show([DOWN])
    second = screen.getvalue()[len(first) :]
    assert "●" in first
    assert "PID 1" in first
    assert "does not answer" in second
    assert "\x1b[1A" in second, "it goes up to the lines before"
    assert "PID 1" not in second


def test_a_terminal_that_is_closed_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError("the terminal is gone")

    for is_terminal in (True, False):
        console = Console(file=Closed(), force_terminal=is_terminal)
        monkeypatch.setattr("rich.console.Console", lambda _=console, **__: _)
        status = LiveStatus()
        status.show([UP])
        status.__exit__(None, None, None)
