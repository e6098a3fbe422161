"""What the built-in store answers beside queries' values, compared with a real Prometheus."""

from __future__ import annotations

import math

import pytest
from tests.e2e.asking import (
    Answer,
    Stores,
    ask,
    data,
    differences,
    exactly,
    series_of,
    wait_for_both,
)
from tests.e2e.two_stores import PlayedOperator

SAMPLES = {(("status", "a"),): 100.0, (("status", "b"),): math.nan}


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({(("status", "a"),): 101.1}, "101.1 here, 100.0 in Prometheus: {'status': 'a'}"),
        ({(("status", "a"),): math.nan}, "nan here, 100.0 in Prometheus: {'status': 'a'}"),
        ({(("status", "b"),): 0.0}, "0.0 here, nan in Prometheus: {'status': 'b'}"),
        ({(): 1.0}, "only here: {}"),
    ],
)
def test_the_comparison_finds_what_differs(change: Answer, difference: str) -> None:
    assert differences({**SAMPLES, **change}, SAMPLES, lambda value: 0.01 * value) == [difference]
    assert differences(SAMPLES, SAMPLES, exactly) == []
    assert differences({}, {(): 1.0}, exactly) == ["only in Prometheus: {}"]


def test_series_and_labels_are_listed_alike(played: PlayedOperator, stores: Stores) -> None:
    wait_for_both(stores, "played_steps_total")
    selector = {"match[]": '{job="mephisto"}'}
    for path in ("labels", "label/__name__/values", "label/le/values", "label/status/values"):
        ours, theirs = (data(url, path, **selector) for url in stores)
        assert ours, path
        assert ours == theirs, path
    assert series_of(stores[0], selector) == series_of(stores[1], selector)
    assert len(series_of(stores[0], selector)) > 1000
    assert [data(url, "label/no_such_label/values") for url in stores] == [[], []]


REFUSED = [
    ("query", {}),
    ("query", {"query": "sum("}),
    ("query", {"query": "no_such_function(up)"}),
    ("query", {"query": "rate(up)"}),
    ("query", {"query": "up", "time": "yesterday"}),
    ("query", {"query": "sum(up) + on(job) group_left() vector(1) + on() group_left() up[1m]"}),
    ("query", {"query": "up", "timeout": "soon"}),
    ("query_range", {"query": "up", "start": "0", "end": "10", "step": "0"}),
    ("query_range", {"query": "up", "start": "10", "end": "0", "step": "1"}),
    ("query_range", {"query": "up", "start": "0", "end": "1000000", "step": "1"}),
    ("query_range", {"query": "up[5m]", "start": "0", "end": "10", "step": "1"}),
    ("query_range", {"query": "up", "end": "10", "step": "1"}),
    ("series", {}),
    ("series", {"match[]": "{"}),
    ("series", {"match[]": '{job=~".*"}'}),
    ("labels", {"match[]": "up["}),
    ("labels", {"start": "then"}),
    ("label/no-label/values", {}),
]


def test_what_can_not_be_answered_is_refused_alike(stores: Stores) -> None:
    for path, parameters in REFUSED:
        ours, theirs = (refusal(url, path, parameters) for url in stores)
        assert ours == theirs, f"{path} {parameters}"
        assert ours[0] >= 400, f"{path} {parameters}"


def test_a_query_that_fails_while_it_is_evaluated_fails_alike(
    played: PlayedOperator, stores: Stores
) -> None:
    wait_for_both(stores, "played_steps_total")
    many_to_many = {"query": "active_unit_statuses + on(unit_type) active_unit_statuses"}
    ours, theirs = (refusal(url, "query", many_to_many) for url in stores)
    assert ours == theirs == (422, "error", "execution", True)


def refusal(url: str, path: str, parameters: dict[str, str]) -> tuple[int, str, str, bool]:
    """Return an error's status, shape and type, and whether it says a reason."""
    status, body = ask(url, path, **parameters)
    return status, body["status"], body.get("errorType", ""), bool(body.get("error"))
