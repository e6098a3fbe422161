"""All that a board asks, recorded; and the file that holds it."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Callable

import mephisto_metrics
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.report.boards import BoardFile
from mephisto_metrics.report.gaps import OPERATORS, gaps
from mephisto_metrics.report.queries import (
    Query,
    TimeRange,
    View,
    annotation_query,
    prepare,
    utc_offset_ms,
    width_pixels,
)
from mephisto_metrics.report.recording import Recording
from mephisto_metrics.report.variables import (
    Choice,
    choosable,
    default_selection,
    label_values_query,
    substitute,
)
from mephisto_metrics.stack.page import PACKAGE_FOLDER
from mephisto_metrics.stack.store_state import StoreState

FORMAT = 1
QUESTIONS_AT_ONCE = 4
# The same as in the page's `src/api/snapshotPlace.ts`.
PLACE = '<script type="application/json" id="snapshot"></script>'

Selections = Mapping[str, Sequence[str]]
Question = Callable[[], object]


def take(
    store: StoreState,
    board: BoardFile,
    range: TimeRange,  # noqa: A002 - the word of the field
    selections: Selections,
    advance: Callable[[int, int], None],
    warn: Callable[[str], None],
) -> dict[str, Any]:
    """Ask the store for all that the board shows and return the snapshot.

    `advance` hears how many of the questions are answered, and `warn` what there is nothing of.
    Raises `StackError` without a store.
    """
    recording = Recording(store.url, store.credentials)
    recording.keep("config", _config(store))
    recording.keep("dashboards", [board.entry])
    recording.keep(f"dashboards/{urllib.parse.quote(board.path.name)}", board.dashboard)
    choices = _choices(recording, board.dashboard, range, selections)
    scrape_interval_ms = round(store.scrape_interval_seconds * 1000)
    view = View(range, choices, scrape_interval_ms, utc_offset_ms(range.to_ms))
    _ask_all(list(_questions(recording, board.dashboard, view)), advance)
    for gap in gaps(choices, selections, recording.answers):
        warn(gap)
    return {
        "format": FORMAT,
        "takenMs": round(time.time() * 1000),
        "origin": store.url,
        "version": mephisto_metrics.__version__,
        "range": {"fromMs": range.from_ms, "toMs": range.to_ms},
        "search": _search(board, range, selections),
        "answers": recording.answers,
    }


def document(snapshot: Mapping[str, Any]) -> str:
    """Return the text of the file: the page with everything inlined, and the data in its place."""
    path = PACKAGE_FOLDER / "web" / "snapshot.html"
    try:
        before, after = path.read_text(encoding="utf-8").split(PLACE)
    except (OSError, ValueError):
        raise StackError(
            f"the page is missing from this installation: no usable `{path}`",
            "install a released wheel, or build the page with `make web`",
        ) from None
    # JSON has `<` in strings only; without it no label value can end the element.
    data = json.dumps(snapshot, separators=(",", ":")).replace("<", "\\u003c")
    return before + PLACE.replace("><", f">{data}<") + after


def _config(store: StoreState) -> dict[str, Any]:
    return {
        "version": mephisto_metrics.__version__,
        "scrape_interval_seconds": store.scrape_interval_seconds,
    }


def _choices(
    recording: Recording,
    dashboard: Mapping[str, Any],
    range: TimeRange,  # noqa: A002
    selections: Selections,
) -> list[Choice]:
    """Fill the variables one after the other: a query may name those before it."""
    choices: list[Choice] = []
    for variable in choosable(dashboard):
        query = label_values_query(variable)
        options: list[str] = []
        if query is not None:
            selector, label = substitute(query[0], choices), query[1]
            match = [("match[]", selector)] if selector else []
            path = f"api/v1/label/{label}/values"
            options = sorted(recording.ask(path, [*match, *_ends(range)]) or [])
        selected = selections.get(variable["name"]) or default_selection(variable)
        choices.append(Choice(variable, selected, [one for one in options if one]))
    return choices


def _questions(
    recording: Recording, dashboard: Mapping[str, Any], view: View
) -> Iterator[Question]:
    path, match = OPERATORS
    yield partial(recording.ask, path, [*match, *_ends(view.range)])
    for path in ("api/v1/rules", "api/v1/alerts", "api/v1/status/runtimeinfo"):
        yield partial(recording.ask, path)
    for key, query in _queries(dashboard, view):
        yield partial(recording.run, key, query)


def _queries(dashboard: Mapping[str, Any], view: View) -> Iterator[tuple[str, Query]]:
    for panel in _panels(dashboard["panels"]):
        for target in panel.get("targets") or []:
            if target.get("hide") is not True:
                key = f"panel {panel['id']} {target['refId']}"
                yield key, prepare(target, panel, width_pixels(panel), view)
    for annotation in (dashboard.get("annotations") or {}).get("list") or []:
        query = annotation_query(annotation, view)
        if query is not None:
            yield f"annotation {annotation['name']}", query


def _panels(panels: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Give all panels, also those inside of collapsed rows."""
    for panel in panels:
        if panel["type"] == "row":
            yield from _panels(panel.get("panels") or [])
        else:
            yield panel


def _ask_all(questions: Sequence[Question], advance: Callable[[int, int], None]) -> None:
    with ThreadPoolExecutor(QUESTIONS_AT_ONCE) as threads:
        futures = [threads.submit(question) for question in questions]
        try:
            for count, future in enumerate(futures, 1):
                future.result()
                advance(count, len(futures))
        finally:
            for future in futures:
                future.cancel()


def _ends(range: TimeRange) -> list[tuple[str, str]]:  # noqa: A002
    return [("start", str(range.from_ms / 1000)), ("end", str(range.to_ms / 1000))]


def _search(board: BoardFile, range: TimeRange, selections: Selections) -> str:  # noqa: A002
    """Return the view as the page's address has it (`src/page/urlState.ts`)."""
    state = [("dashboard", board.uid), ("from", str(range.from_ms)), ("to", str(range.to_ms))]
    chosen = [(f"var-{name}", value) for name, values in selections.items() for value in values]
    return "?" + urllib.parse.urlencode([*state, ("refresh", ""), *chosen])
