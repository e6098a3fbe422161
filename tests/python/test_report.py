"""`mephisto metrics report`: the same questions as the page, in a file that holds the answers."""

from __future__ import annotations

import http.server
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.report import boards, intervals, snapshot, times
from mephisto_metrics.report.queries import Query, TimeRange, View, prepare
from mephisto_metrics.report.recording import Recording, key_of
from mephisto_metrics.report.variables import Choice
from mephisto_metrics.stack.store_state import StoreState

HOSTILE = "</script><img src=x onerror=alert(1)>"
ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "web/tests/cases/prepared_queries.json").read_text())
RANGE = TimeRange(1_700_000_000_000, 1_700_000_900_000)
BOARD = boards.BoardFile(
    Path("small.json"),
    {
        "uid": "small",
        "title": "Small",
        "panels": [
            {"type": "row", "id": 1, "panels": [{"type": "gauge", "id": 2, "gridPos": {"w": 12},
             "targets": [{"refId": "A", "expr": "ever", "instant": True}]}]},
            {"type": "timeseries", "id": 3, "gridPos": {"w": 12}, "targets": [
                {"refId": "A", "expr": 'x{operator=~"$operator"}'},
                {"refId": "B", "expr": "broken("},
                {"refId": "C", "expr": "hidden", "hide": True}]},
        ],
        "templating": {"list": [{"type": "query", "name": "operator", "multi": True,
                                 "query": "label_values(up, operator)"}]},
        "annotations": {"list": [{"name": "Starts", "enable": True, "expr": "started"},
                                 {"name": "Off", "enable": False, "expr": "off"}]},
    },
)  # fmt: skip


class Store(http.server.BaseHTTPRequestHandler):
    """Answers every query with one series that has a hostile label."""

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query).get("query", [""])[0]
        status, body = 200, self._answer(url.path)
        if query == "broken(":
            status, body = 400, {"status": "error", "errorType": "bad_data", "error": "parse error"}
        if url.path.endswith(("/rules", "/alerts")):
            status, body = 404, {}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def _answer(self, path: str) -> dict[str, Any]:
        if path.endswith("/values"):
            return {"status": "success", "data": ["b", "a"]}
        series = {"metric": {"operator": HOSTILE}, "values": [[1, "1"]]}
        return {"status": "success", "data": {"resultType": "matrix", "result": [series]}}

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        pass


@pytest.fixture
def store() -> Iterator[StoreState]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield StoreState("builtin", f"http://127.0.0.1:{server.server_port}", 5.0, 1)
    server.shutdown()
    server.server_close()


def taken(store: StoreState, **selections: list[str]) -> dict[str, Any]:
    return snapshot.take(store, BOARD, RANGE, selections, lambda *_: None, lambda _: None)


def warnings_of(store: StoreState, **selections: list[str]) -> list[str]:
    warned: list[str] = []
    snapshot.take(store, BOARD, RANGE, selections, lambda *_: None, warned.append)
    return warned


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_query_is_prepared_as_on_the_page(case: dict[str, Any]) -> None:
    choices = [Choice(**choice) for choice in case["choices"]]
    view = View(TimeRange(*case["range"]), choices, case["scrapeIntervalMs"], case["utcOffsetMs"])

    query = prepare(case["target"], case["panel"], case["widthPixels"], view)

    shown = {"expr": query.expr, "stepMs": query.step_ms, "range": list(query.range)}
    assert shown == case["expected"]


def test_all_that_the_board_asks_is_in_the_snapshot(store: StoreState) -> None:
    answers = taken(store)["answers"]
    assert set(answers) == {
        "config",
        "dashboards",
        "dashboards/small.json",
        "api/v1/label/operator/values match[]=up",
        'api/v1/series match[]=up{job="mephisto"}',
        "api/v1/rules",
        "api/v1/alerts",
        "api/v1/status/runtimeinfo",
        "panel 2 A",
        "panel 3 A",
        "panel 3 B",
        "annotation Starts",
    }
    assert answers["dashboards"]["body"] == [
        {"uid": "small", "title": "Small", "file": "small.json"}
    ]
    assert "api/v1/query?" in answers["panel 2 A"]["address"]
    assert "api/v1/query_range?" in answers["panel 3 A"]["address"]


def test_one_instant_of_a_range_that_goes_on_is_now(store: StoreState) -> None:
    recording = Recording(store.url)
    now_ms = round(time.time() * 1000)
    recording.run("panel 2 A", Query("up", TimeRange(0, now_ms + 3_600_000), None))
    address = urllib.parse.urlsplit(recording.answers["panel 2 A"]["address"])
    (instant,) = urllib.parse.parse_qs(address.query)["time"]
    assert abs(1000 * float(instant) - now_ms) < 60_000


def test_what_the_store_refuses_is_kept_with_its_reason(store: StoreState) -> None:
    failure = taken(store)["answers"]["panel 3 B"]["failure"]
    assert failure == {"status": 400, "kind": "bad_data", "message": "parse error"}


def test_chosen_values_are_in_queries_and_in_the_view(store: StoreState) -> None:
    value = taken(store, operator=["a.b"])
    address = value["answers"]["panel 3 A"]["address"]
    assert urllib.parse.parse_qs(address)["api/v1/query_range?query"] == ['x{operator=~"a\\\\.b"}']
    search = urllib.parse.parse_qs(value["search"].lstrip("?"))
    assert search["var-operator"] == ["a.b"]
    assert search["from"] == [str(RANGE.from_ms)]


def test_a_chosen_value_that_no_series_has_is_told(store: StoreState) -> None:
    (told,) = warnings_of(store, operator=["a", "nosuch"])
    assert told == "no series of this range has `nosuch` as its operator: there is `a`, `b`"
    assert warnings_of(store) == warnings_of(store, operator=["a"]) == []
    assert warnings_of(store, operator=["$__all"]) == []


def test_a_range_without_operators_is_told(
    store: StoreState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "_answer", lambda *_: {"status": "success", "data": []})
    assert warnings_of(store) == ["no Operator was recorded in this range"]
    assert warnings_of(store, operator=["a"]) == ["no Operator was recorded in this range"]


def test_a_hostile_label_does_not_leave_the_data(store: StoreState) -> None:
    text = snapshot.document(taken(store))
    before, _, rest = text.partition('<script type="application/json" id="snapshot">')
    data, _, after = rest.partition("</script>")
    assert HOSTILE not in text
    assert "<img" not in data
    result = json.loads(data)["answers"]["panel 3 A"]["body"]["data"]["result"]
    assert result[0]["metric"]["operator"] == HOSTILE
    assert "script-src 'sha256-" in before
    assert '<script type="module">' in after


def test_a_store_that_is_gone_is_named() -> None:
    with pytest.raises(StackError, match=r"the store at http://127\.0\.0\.1:9 does not answer"):
        Recording("http://127.0.0.1:9").ask("api/v1/rules")


def test_keys_have_no_times() -> None:
    parameters = [("match[]", "up"), ("start", "1"), ("end", "2")]
    assert key_of("api/v1/series", parameters) == "api/v1/series match[]=up"


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("now", 10_000_000),
        ("now-1h30m", 4_600_000),
        ("1700000000000", 1_700_000_000_000),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000_000),
        ("now+1s-2s", 9_999_000),
        ("yesterday", None),
        ("now-soon", None),
        ("now/q", None),
        ("now-99999999y", None),
    ],
)
def test_times_are_relative_iso_or_milliseconds(text: str, time_ms: int | None) -> None:
    assert times.parse_time_ms(text, 10_000_000) == time_ms


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize(
    ("text", "is_end", "named"),
    [
        ("now/d", False, "2026-03-31T00:00:00+02:00"),
        ("now/d", True, "2026-03-31T23:59:59.999+02:00"),
        ("now-1d/d", True, "2026-03-30T23:59:59.999+02:00"),
        # Two days before, the clocks were put forward.
        ("now-3d", False, "2026-03-28T12:30:15.250+01:00"),
        ("now/w", False, "2026-03-30T00:00:00+02:00"),
        ("now-1M", False, "2026-02-28T12:30:15.250+01:00"),
        ("now-1M/M", True, "2026-02-28T23:59:59.999+01:00"),
        ("now/y", False, "2026-01-01T00:00:00+01:00"),
        ("now/h", True, "2026-03-31T12:59:59.999+02:00"),
        ("2026-03-29", False, "2026-03-29T00:00:00+01:00"),
        ("2026-03-29", True, "2026-03-29T23:59:59.999+02:00"),
    ],
)
def test_times_go_by_the_calendar(text: str, is_end: bool, named: str) -> None:
    now_ms, named_ms = (
        round(datetime.fromisoformat(one).timestamp() * 1000)
        for one in ("2026-03-31T12:30:15.250+02:00", named)
    )
    assert times.parse_time_ms(text, now_ms, is_end) == named_ms


def test_durations_add_up() -> None:
    assert intervals.parse_duration_ms("1h30m") == 5_400_000
    assert intervals.parse_duration_ms("soon") is None


def test_an_unknown_board_is_answered_with_the_boards() -> None:
    with pytest.raises(StackError, match="there is no board `none`") as error:
        boards.find("none")
    assert "`mephisto`" in error.value.hint
    assert boards.find(None).uid == "mephisto"
