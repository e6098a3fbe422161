"""What the dashboards ask, asked of the built-in store and of a real Prometheus.

Both scrape the same targets, each at moments of its own. So values agree exactly where the target
stood still between the two scrapes, and a rate differs by how much of its window lies between a
store's own first and last sample.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from mephisto_metrics import CollectorRegistry, Counter, start_http_server, stop_http_server
from mephisto_metrics.simulation.pace import KINDS, Pace
from mephisto_metrics.simulation.packaged import Model
from mephisto_metrics.stack.readiness import is_ready, wait_until

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
TIMEOUT_SECONDS = 60
STEPS = 3
STEP_SECONDS = 120.0
"""How far the played simulation moves at once, in its own time."""

PROMETHEUS_CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: mephisto
    file_sd_configs: [{{files: ['{targets}/*.json']}}]
"""

# Ends its traffic, and then serves its metrics until it is told to end.
RUN_AND_STAY = """
import pathlib, sys
from mephisto_metrics.simulation.mephisto_run import run
from mephisto_metrics.simulation.pace import BRISK
from mephisto_metrics.simulation.signals import stop_on_signal
end = stop_on_signal()
def stay():
    print("quiet", flush=True)
    end.wait()
run(pathlib.Path(sys.argv[1]), pace=BRISK, duration_seconds=15, seed=5, on_end=stay)
"""

Answer = dict[tuple[tuple[str, str], ...], float]
Stores = tuple[str, str]


def exactly(_: float) -> float:
    return 0.0


def but_for_rounding(value: float) -> float:
    return 1e-9 * abs(value)


def differences(ours: Answer, theirs: Answer, allowed: Callable[[float], float]) -> list[str]:
    """Tell what one answer has and the other has not; `allowed` is by their value."""
    found = [f"only here: {dict(labels)}" for labels in ours.keys() - theirs.keys()]
    found += [f"only in Prometheus: {dict(labels)}" for labels in theirs.keys() - ours.keys()]
    for labels in ours.keys() & theirs.keys():
        our, their = ours[labels], theirs[labels]
        both_empty = math.isnan(our) and math.isnan(their)
        if not both_empty and not abs(our - their) <= allowed(their):
            found.append(f"{our} here, {their} in Prometheus: {dict(labels)}")
    return found


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


def panel_queries(rate_interval_ms: int) -> Iterator[tuple[str, str]]:
    """Give the title of each panel with each of its queries, as for all Operators and tasks."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        dashboard = json.loads(path.read_text())
        variables = dashboard["templating"]["list"]
        values = {item["name"]: item["allValue"] for item in variables if item.get("includeAll")}
        values |= {"__rate_interval": f"{rate_interval_ms}ms", "__interval": "2s"}
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield panel["title"], substituted(target["expr"], values)


def substituted(expression: str, values: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda name: values[name[1]], expression)


def ask(url: str, path: str, **parameters: str | float) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of any answer, those that refuse included."""
    encoded = urllib.parse.urlencode(parameters)
    try:
        with urllib.request.urlopen(f"{url}/api/v1/{path}?{encoded}", timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def instant(url: str, expression: str, at_seconds: float) -> Answer:
    _, body = ask(url, "query", query=expression, time=f"{at_seconds:.3f}")
    assert body["status"] == "success", body
    return {
        tuple(sorted(series["metric"].items())): float(series["value"][1])
        for series in body["data"]["result"]
    }


def one_point_range(url: str, expression: str, at_seconds: float) -> Answer:
    at = f"{at_seconds:.3f}"
    _, body = ask(url, "query_range", query=expression, start=at, end=at, step=2)
    assert body["status"] == "success", body
    assert all(len(series["values"]) == 1 for series in body["data"]["result"])
    return {
        tuple(sorted(series["metric"].items())): float(series["values"][0][1])
        for series in body["data"]["result"]
    }


def wait_for_both(stores: Stores, expression: str) -> None:
    """Wait until an instant query has a result in both stores."""
    for url in stores:
        assert wait_until(lambda url=url: bool(now(url, expression)), TIMEOUT_SECONDS), (
            f"no result for {expression} at {url}"
        )


def now(url: str, expression: str) -> Answer:
    return instant(url, expression, time.time())


def moment_within_stillness(stores: Stores, sample: str) -> float:
    """Return a time before and after which both stores have scraped what stands still since now.

    Only scrapes that begin now or later count: one under way may be half of what was before.
    """
    wait_for_both(stores, f"timestamp({sample}) > {time.time():.3f}")
    moment = time.time()
    wait_for_both(stores, f"timestamp({sample}) > {moment:.3f}")
    return moment


@pytest.fixture
def stores(
    installation: Any, needs_program: Callable[[str, str], str], tmp_path: Path
) -> Iterator[Stores]:
    """Give the addresses of the built-in store and of a Prometheus for the same targets."""
    program = needs_program("prometheus", "prometheus")
    folder = tmp_path / "prometheus"
    folder.mkdir()
    installation.start(
        *(sys.executable, "-m", "mephisto_metrics.store", "--port", "0"),
        *("--scrape-interval-seconds", "1", "--linger-seconds", "600"),
    )
    # Prometheus would look only after minutes again for a folder that it does not find.
    built_in_url = installation.store_url()
    config = folder / "prometheus.yml"
    config.write_text(PROMETHEUS_CONFIG.format(targets=installation.home / "targets"))
    command = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
    ]
    log_path = folder / "log"
    with log_path.open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield built_in_url, prometheus_url(process, log_path)
    finally:
        process.kill()
        process.wait()


def prometheus_url(process: subprocess.Popen[bytes], log_path: Path) -> str:
    """Return the address that Prometheus logs, once it can serve."""

    def address() -> str | None:
        found = re.search(r'msg="Listening on" address=(\S+)', log_path.read_text())
        return found and f"http://{found[1]}"

    def answers_or_ended() -> bool:
        url = address()
        return process.poll() is not None or (url is not None and is_ready(url))

    assert wait_until(answers_or_ended, TIMEOUT_SECONDS), log_path.read_text()
    assert process.poll() is None, log_path.read_text()
    return str(address())


class PlayedOperator:
    """The packaged simulation, standing still but for the steps that a test makes it take."""

    def __init__(self, targets: Path) -> None:
        registry = CollectorRegistry()
        # Some hundred workers, and more work than they can do.
        pace = Pace(arrival_seconds=10.0, work_seconds=(0.5, 3.0), assignments=1000)
        self._model = Model(pace, seed=1, registry=registry)
        self._clock = Counter("played_steps", "Steps taken.", registry=registry)
        # No counter may be near zero: there a rate's extrapolation ends for each on its own.
        self._clock.inc(1000)
        self._model.advance(10 * STEP_SECONDS)
        self.address = start_http_server(0, registry=registry)
        target = {
            "targets": ["{}:{}".format(*self.address)],
            "labels": {"job": "mephisto", "operator": "played", "task_name": "one,two"},
        }
        targets.mkdir(parents=True, exist_ok=True)
        (targets / "played.json").write_text(json.dumps([target]))

    def step(self) -> None:
        self._model.advance(self._model.now + STEP_SECONDS)
        self._clock.inc()


@pytest.fixture
def played(installation: Any) -> Iterator[PlayedOperator]:
    operator = PlayedOperator(installation.home / "targets")
    yield operator
    stop_http_server(operator.address)


def test_all_panels_agree_on_an_operator_that_stands_still_between_scrapes(
    played: PlayedOperator, stores: Stores
) -> None:
    clock = "played_steps_total"
    moments = [moment_within_stillness(stores, clock)]
    for _ in range(STEPS):
        played.step()
        moments.append(moment_within_stillness(stores, clock))

    for (first, begin), (last, end) in itertools.combinations(enumerate(moments), 2):
        window_ms = round((end - begin) * 1000)
        clock_rates = [
            instant(url, f"sum(rate({clock}[{window_ms}ms]))", end)[()] for url in stores
        ]
        # All that was counted, stretched to the window; and a step takes two scrapes, a second.
        least = (last - first) / (end - begin)
        assert all(0.999 * least <= rate <= 2 for rate in clock_rates), (least, clock_rates)
        compare_panels_by_clock(stores, end, window_ms, clock_rates)


def compare_panels_by_clock(
    stores: Stores, at_seconds: float, window_ms: int, clock_rates: list[float]
) -> None:
    """Compare all panels, rates as multiples of the clock's: so the windows' lengths cancel."""
    for title, expression in panel_queries(window_ms):
        for asked in (instant, one_point_range):
            ours, theirs = (asked(url, expression, at_seconds) for url in stores)
            if is_rate(expression):
                ours, theirs = (
                    {labels: value / rate for labels, value in answer.items()}
                    for answer, rate in zip((ours, theirs), clock_rates)
                )
            assert differences(ours, theirs, but_for_rounding) == [], f"{title}: {expression}"
            assert any(value > 0 for value in ours.values()), f"{title}: {expression}"


def is_rate(expression: str) -> bool:
    return "rate(" in expression and not is_quantile(expression)


def is_quantile(expression: str) -> bool:
    return "histogram_quantile(" in expression


def test_all_panels_agree_on_a_real_operator(
    installation: Any, mephisto_python: str, stores: Stores, tmp_path: Path
) -> None:
    operator = installation.start(mephisto_python, "-c", RUN_AND_STAY, str(tmp_path / "run"))
    all_tasks = f'task_name="{all_task_names(installation.home / "targets", operator)}"'
    wait_for_both(stores, f"up{{{all_tasks}}}")
    begin = time.time()
    assert "quiet\n" in iter(operator.stdout.readline, ""), installation.log_of(operator)
    end = moment_within_stillness(stores, "up")

    for title, expression in panel_queries(round((end - begin) * 1000)):
        ours, theirs = (instant(url, expression, end) for url in stores)
        where = f"{title}: {expression}"
        assert ours, where
        if is_quantile(expression):
            # One packet more or less can be the slowest: the test above compares the values.
            assert ours.keys() == theirs.keys(), where
        else:
            allowed = rate_tolerance(stores, end, expression) if is_rate(expression) else exactly
            assert differences(ours, theirs, allowed) == [], where
    ours, theirs = (series_of(url, {"match[]": f"{{{all_tasks}}}"}) for url in stores)
    assert ours
    assert ours == theirs


def all_task_names(targets: Path, operator: subprocess.Popen[str]) -> str:
    """Return the label of the Operator once it has launched all its tasks."""

    def names() -> str:
        paths = targets.glob(f"{operator.pid}-*.json")
        labels = [json.loads(path.read_text())[0]["labels"] for path in paths]
        return "".join(label.get("task_name", "") for label in labels)

    assert wait_until(lambda: names().count(",") == len(KINDS) - 1, TIMEOUT_SECONDS), names()
    return names()


def rate_tolerance(stores: Stores, at_seconds: float, expression: str) -> Callable[[float], float]:
    """Give what two stores that scrape at different moments of an interval can not see alike.

    Each stretches what lies between its first and its last sample to the window, by up to an
    interval at either side; and the one may have seen as much more as an interval brings.
    """
    samples, window_seconds = raw_samples(stores, at_seconds, expression)
    fewest = min(len(values) for values in samples)
    assert fewest > 10, "too short for a rate that means something"
    growth = max(
        later - earlier for values in samples for earlier, later in zip(values, values[1:])
    )
    most_per_minute = 60 * growth / window_seconds
    return lambda rate: 2 / (fewest - 1) * rate + most_per_minute


def raw_samples(
    stores: Stores, at_seconds: float, expression: str
) -> tuple[list[list[float]], float]:
    """Return the values of each series under an expression's rate, and the length of its window."""
    selector = re.search(r"rate\((.*\[(\d+)ms\])\)", expression)
    assert selector is not None
    answers = [data(url, "query", query=selector[1], time=f"{at_seconds:.3f}") for url in stores]
    series = [series["values"] for answer in answers for series in answer["result"]]
    values = [[float(value) for _, value in samples] for samples in series]
    return values, int(selector[2]) / 1000


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


def series_of(url: str, selector: dict[str, str]) -> list[tuple[tuple[str, str], ...]]:
    return sorted(tuple(sorted(labels.items())) for labels in data(url, "series", **selector))


def data(url: str, path: str, **parameters: str) -> Any:
    """Return the data of an answer that succeeded."""
    _, body = ask(url, path, **parameters)
    assert body["status"] == "success", body
    return body["data"]
