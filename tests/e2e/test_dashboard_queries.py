"""What the boards ask, asked of the built-in store and of a real Prometheus."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

from tests.e2e.asking import (
    TIMEOUT_SECONDS,
    Answer,
    Labels,
    Stores,
    but_for_rounding,
    data,
    differences,
    exactly,
    instant,
    moment_within_stillness,
    one_point_range,
    series_of,
    wait_for_both,
)
from tests.e2e.board_queries import (
    ANNOTATION_STEP_SECONDS,
    COUNTED,
    BoardQuery,
    annotation_queries,
    panel_queries,
    variable_queries,
)
from tests.e2e.conftest import RUN_TIMEOUT_SECONDS
from tests.e2e.two_stores import PlayedOperator

from mephisto_metrics.simulation.pace import KINDS
from mephisto_metrics.stack.readiness import wait_until

STEPS = 3
SCRAPE_SECONDS = 1
SCRAPES_OF_TRAFFIC = 15
QUIET = "all is quiet"
ASKED_AT_ONCE = 4

Question = tuple[BoardQuery, Callable[[str, str, float], Answer]]

# Ends its traffic when it is told to end, and then serves its metrics until it is told again.
RUN_AND_STAY = """
import pathlib, sys
from mephisto_metrics.simulation.mephisto_run import run
from mephisto_metrics.simulation.pace import BRISK
from mephisto_metrics.simulation.signals import stop_on_signal
end = stop_on_signal()
def stay():
    end.clear()
    print("all is quiet", flush=True)
    end.wait()
run(pathlib.Path(sys.argv[1]), pace=BRISK, duration_seconds=200, seed=5, stop=end, on_end=stay)
"""


def test_all_panels_agree_on_an_operator_that_stands_still_between_scrapes(
    played: PlayedOperator, stores: Stores
) -> None:
    clock = "played_steps_total"
    moments = [moment_within_stillness(stores, clock)]
    for _ in range(STEPS):
        played.step()
        moments.append(moment_for_rates(stores, clock, moments[-1]))

    for (first, begin), (last, end) in itertools.combinations(enumerate(moments), 2):
        window_ms = round((end - begin) * 1000)
        clock_rates = [
            instant(url, f"sum(rate({clock}[{window_ms}ms]))", end)[()] for url in stores
        ]
        # All that was counted, stretched to the window; and a step takes two scrapes, a second.
        least = (last - first) / (end - begin)
        assert all(0.999 * least <= rate <= 2 for rate in clock_rates), (least, clock_rates)
        compare_panels_by_clock(stores, end, window_ms, clock_rates)


def moment_for_rates(stores: Stores, clock: str, begin: float) -> float:
    """Return a moment of stillness by which the built-in store was scraped twice since `begin`.

    It is a target of both stores, which scrape it at other moments than the Operator.
    """
    while True:
        moment = moment_within_stillness(stores, clock)
        window_ms = round((moment - begin) * 1000)
        scraped_twice = f'count_over_time(up{{job="mephisto-store"}}[{window_ms}ms]) >= 2'
        if all(instant(url, scraped_twice, moment) for url in stores):
            return moment


def compare_panels_by_clock(
    stores: Stores, at_seconds: float, window_ms: int, clock_rates: list[float]
) -> None:
    """Compare all panels, rates as multiples of the clock's: so the windows' lengths cancel."""
    asked = list(itertools.product(panel_queries(window_ms), (instant, one_point_range)))
    for (query, _), answers in zip(asked, answers_to(asked, stores, at_seconds)):
        units = clock_rates if query.is_rate else [1.0] * len(stores)
        ours, theirs = (
            {labels: value / unit for labels, value in answer.items()}
            for answer, unit in zip(answers, units)
        )
        assert compared(query, ours, theirs, but_for_rounding) == [], query.where
        assert ours, query.where
        assert query.may_be_zero or any(value > 0 for value in ours.values()), query.where


def answers_to(asked: list[Question], stores: Stores, at_seconds: float) -> Iterator[list[Answer]]:
    """Ask both stores, several questions at once, and give their answers in order."""

    def answers(question: Question) -> list[Answer]:
        query, ask = question
        return [ask(url, query.expression, at_seconds) for url in stores]

    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        yield from pool.map(answers, asked)


def compared(
    query: BoardQuery, ours: Answer, theirs: Answer, allowed: Callable[[float], float]
) -> list[str]:
    """Tell what differs, but for what each store's own scrapes were like."""
    return differences(ours, theirs, whatever if query.is_of_a_scrape else allowed)


def whatever(_: float) -> float:
    return math.inf


def test_all_panels_agree_on_a_real_operator(
    installation: Any, mephisto_python: str, stores: Stores, tmp_path: Path
) -> None:
    operator = installation.start(
        *(mephisto_python, "-c", RUN_AND_STAY, str(tmp_path / "run")), is_read=False
    )
    all_tasks = f'task_name="{all_task_names(installation.home / "targets", operator)}"'
    wait_for_both(stores, f"up{{{all_tasks}}}")
    begin = time.time()
    scraped = f"sum_over_time(up{{{all_tasks}}}[10m])"
    since = f"{scraped} - sum_over_time(up{{{all_tasks}}}[10m] @ {begin:.3f})"
    wait_for_both(stores, f"{since} >= {SCRAPES_OF_TRAFFIC}")
    operator.terminate()
    assert wait_until(lambda: QUIET in installation.log_of(operator), RUN_TIMEOUT_SECONDS)
    # Not any target's: the built-in store is one too.
    end = moment_within_stillness(stores, f"up{{{all_tasks}}}")

    for query in panel_queries(round((end - begin) * 1000)):
        ours, theirs = (instant(url, query.expression, end) for url in stores)
        assert ours, query.where
        if query.is_filtered:
            # What was called once, one of the stores may not have seen being called.
            assert len(ours.keys() & theirs.keys()) > 10, query.where
        elif query.is_quantile:
            # One packet more or less can be the slowest: the test above compares the values.
            assert ours.keys() == theirs.keys(), query.where
        else:
            allowed = rate_tolerance(stores, end, query) if query.is_rate else exactly
            assert compared(query, ours, theirs, allowed) == [], query.where
    # Without the series that the built-in store records by its rules: those have no job.
    selector = f'{{job="mephisto", {all_tasks}}}'
    ours, theirs = (series_of(url, {"match[]": selector}) for url in stores)
    assert ours
    assert ours == theirs
    assert launches_of(stores[0], end) == [f"simulated-{kind}" for kind in KINDS]


def all_task_names(targets: Path, operator: subprocess.Popen[str]) -> str:
    """Return the label of the Operator once it has launched all its tasks."""

    def names() -> str:
        paths = targets.glob(f"{operator.pid}-*.json")
        labels = [json.loads(path.read_text())[0]["labels"] for path in paths]
        return "".join(label.get("task_name", "") for label in labels)

    assert wait_until(lambda: names().count(",") == len(KINDS) - 1, TIMEOUT_SECONDS), names()
    return names()


def launches_of(url: str, at_seconds: float) -> list[str]:
    """Return the tasks whose launch is marked, in the order of their moments."""
    marks = marked(url, "Task run launches", at_seconds)
    return [dict(labels)["task"] for _, labels in sorted(marks)]


def marked(url: str, name: str, at_seconds: float) -> set[tuple[float, Labels]]:
    """Return the moments that an annotation marks in the ten minutes before a time, in seconds."""
    answer = data(
        url,
        "query_range",
        query=annotation_queries()[name],
        start=f"{at_seconds - 600:.3f}",
        end=f"{at_seconds:.3f}",
        step=str(ANNOTATION_STEP_SECONDS),
    )
    return {
        (float(value) / 1000, tuple(sorted(series["metric"].items())))
        for series in answer["result"]
        for _, value in series["values"]
    }


def rate_tolerance(
    stores: Stores, at_seconds: float, query: BoardQuery
) -> Callable[[float], float]:
    """Give what two stores that scrape at different moments of an interval can not see alike.

    Each stretches what lies between its first and its last sample to the window, by up to an
    interval at either side; and the one may have seen as much more as an interval brings.
    """
    samples, window_seconds = raw_samples(stores, at_seconds, query.expression)
    fewest = window_seconds / SCRAPE_SECONDS
    assert fewest > 10, "too short for a rate that means something"
    growth = sum(
        max((later - earlier for earlier, later in zip(values, values[1:])), default=0.0)
        for values in samples
    )
    per_minute = 60 * growth / window_seconds
    slack = growth if "increase(" in query.expression else per_minute
    return lambda rate: 2 / (fewest - 1) * rate + slack


def raw_samples(
    stores: Stores, at_seconds: float, expression: str
) -> tuple[list[list[float]], float]:
    """Return the values of each series under an expression's rate, and the length of its window."""
    counted = COUNTED.search(expression)
    assert counted is not None
    answers = [data(url, "query", query=counted[1], time=f"{at_seconds:.3f}") for url in stores]
    series = [series["values"] for answer in answers for series in answer["result"]]
    values = [[float(value) for _, value in samples] for samples in series]
    return values, int(counted[2]) / 1000


def test_annotations_mark_the_same_moments_on_both_stores(
    played: PlayedOperator, stores: Stores
) -> None:
    now = moment_within_stillness(stores, "played_steps_total")
    counts = {"Operator starts": 1, "Task run launches": len(KINDS), "Task run expiries": 1}
    for name, count in counts.items():
        ours, theirs = (marked(url, name, now) for url in stores)
        assert ours == theirs, name
        assert len(ours) == count, name
        assert all(now - 600 < moment <= now for moment, _ in ours), name
    assert [marked(url, "Operator ends", now) for url in stores] == [set(), set()]


def test_an_operators_end_is_marked_at_its_last_sample(
    played: PlayedOperator, stores: Stores
) -> None:
    wait_for_both(stores, "played_steps_total")
    played.withdraw()
    withdrawn_at = time.time()
    for url in stores:
        ended = wait_for_end(url)
        # A store looks for targets now and then, and the last sample is looked for in steps of 5 s.
        assert withdrawn_at - 6 <= ended <= withdrawn_at + TIMEOUT_SECONDS
        assert instant(url, f"timestamp(played_steps_total) > {ended + 6:.3f}", time.time()) == {}


def wait_for_end(url: str) -> float:
    """Return when the played Operator ended, once a store says that it has."""
    ends = [set[tuple[float, Labels]]()]

    def has_ended() -> bool:
        ends.append(marked(url, "Operator ends", time.time()))
        return bool(ends[-1])

    assert wait_until(has_ended, TIMEOUT_SECONDS), f"nobody ended at {url}"
    ((ended, labels),) = ends[-1]
    assert labels == (("operator", "played"),)
    return ended


def test_variables_offer_the_same_operators_and_tasks_on_both_stores(
    played: PlayedOperator, stores: Stores
) -> None:
    wait_for_both(stores, 'up{operator="played"}')
    offered = {
        label: [data(url, f"label/{label}/values", **{"match[]": selector}) for url in stores]
        for selector, label in variable_queries()
    }
    assert offered == {"operator": [["played"]] * 2, "task_name": [["one,two"]] * 2}
