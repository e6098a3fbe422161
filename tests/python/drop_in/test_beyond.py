"""What the instruments do beyond prometheus_client's, and what their caches must not break."""

from __future__ import annotations

import copy
import gc
import math
import os
import random
import threading
import time
import weakref

import pytest

KINDS = ["Counter", "Gauge", "Histogram", "Summary"]


@pytest.fixture
def registry(ours):
    return ours.CollectorRegistry()


def operate(metric, amount=1):
    (metric.inc if hasattr(metric, "inc") else metric.observe)(amount)


def names_of_children(metric):
    return [values[0] for values in metric._metrics]


# Limits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_beyond_the_limit_one_series_counts_for_all(ours, registry, kind):
    metric = getattr(ours, kind)("a", "", ["x"], registry=registry)
    metric.limit_series(2)
    for value in ["p", "q", "r", "s", "p"]:
        operate(metric.labels(value))
        operate(metric.labels(x=value))
    assert names_of_children(metric) == ["p", "q", "overflow"]
    suffix = {"Counter": "_total", "Gauge": ""}.get(kind, "_count")
    read = [registry.get_sample_value(f"a{suffix}", {"x": x}) for x in ("p", "q", "overflow")]
    assert read == [4, 2, 4]
    assert metric.overflow_count > 0


def test_a_removed_series_makes_room_below_the_limit(ours, registry):
    metric = ours.Counter("a", "", ["x"], registry=registry)
    metric.limit_series(1)
    metric.labels("p").inc()
    metric.remove("p")
    metric.labels("q").inc()
    assert names_of_children(metric) == ["q"]
    assert metric.overflow_count == 0


def test_of_a_limited_metric_with_several_labels_all_overflow_together(ours, registry):
    metric = ours.Gauge("a", "", ["x", "y"], registry=registry)
    metric.limit_series(0)
    metric.labels("p", "q").set(3)
    assert registry.get_sample_value("a", {"x": "overflow", "y": "overflow"}) == 3
    assert metric.overflow_count == 1


def test_zero_series_are_dropped_at_an_exposition_and_come_back(ours, registry):
    metric = ours.Gauge("a", "", ["x"], registry=registry)
    metric.drop_zero_series(after_seconds=0)
    metric.labels("gone")
    metric.labels("here").set(1)
    text = ours.generate_latest(registry).decode()
    assert 'x="here"' in text
    assert 'x="gone"' not in text
    metric.labels("gone").set(2)
    assert 'a{x="gone"} 2.0' in ours.generate_latest(registry).decode()


@pytest.mark.parametrize("name", ["limit_series", "drop_zero_series"])
def test_a_rule_for_series_is_refused_where_there_is_one_series_or_the_number_is_negative(
    ours, name
):
    labelled = ours.Gauge("a", "", ["x"], registry=None)
    for metric in (ours.Gauge("b", "", registry=None), labelled.labels("v")):
        with pytest.raises(ValueError, match=f"{name} is about the series of all label values"):
            getattr(metric, name)(1)
    with pytest.raises(ValueError, match=r"expected .*0.* received -1"):
        getattr(labelled, name)(-1)


# Removals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_refuses_to_remove_its_siblings(ours, kind):
    metric = getattr(ours, kind)("a", "", ["x"], registry=None)
    child = metric.labels("v")
    for remove in (
        child.clear,
        lambda: child.remove("v"),
        lambda: child.remove_by_labels({"x": "v"}),
    ):
        with pytest.raises(AttributeError, match="it has no children"):
            remove()
    assert names_of_children(metric) == ["v"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_copy_removes_begins_anew_in_the_original(ours, registry, kind):
    metric = getattr(ours, kind)("a", "", ["x"], registry=registry)
    for value in ("p", "q"):
        operate(metric.labels(value))
    copied = copy.copy(metric)
    copied.remove("p")
    copied.remove_by_labels({"x": "q"})
    for value in ("p", "q"):
        operate(metric.labels(value), 5)
    suffix = {"Counter": "_total", "Gauge": ""}.get(kind, "_sum")
    assert [registry.get_sample_value(f"a{suffix}", {"x": x}) for x in ("p", "q")] == [5, 5]


# Quantiles --------------------------------------------------------------------------------------


def test_a_quantile_lies_within_its_bucket(ours, registry):
    histogram = ours.Histogram("a", "", buckets=[1, 2, 4], registry=registry)
    for amount in [0.5, 1.5, 1.5, 3]:
        histogram.observe(amount)
    assert histogram.quantile(0.5) == pytest.approx(1.5)
    assert histogram.quantile(1) == pytest.approx(4)
    assert histogram.quantile(-1) == -math.inf
    assert histogram.quantile(2) == math.inf


def test_a_quantile_of_nothing_is_not_a_number(ours, registry):
    assert math.isnan(ours.Histogram("a", "", registry=registry).quantile(0.5))
    assert math.isnan(ours.Histogram("b", "", ["x"], registry=registry).quantile(0.5))


def test_a_quantile_of_a_parent_is_over_all_children(ours, registry):
    histogram = ours.Histogram("a", "", ["x"], buckets=[1, 2], registry=registry)
    histogram.labels("p").observe(0.5)
    histogram.labels("q").observe(1.5)
    assert histogram.quantile(0.5) == pytest.approx(1)
    assert histogram.labels("q").quantile(0.5) == pytest.approx(1.5)


def test_beyond_the_last_bound_a_quantile_is_that_bound(ours, registry):
    histogram = ours.Histogram("a", "", buckets=[1, 2], registry=registry)
    histogram.observe(100)
    assert histogram.quantile(0.9) == 2


# Forks ------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("kind", KINDS)
def test_a_forked_child_begins_at_zero_and_its_parent_goes_on(ours, registry, kind):
    metric = getattr(ours, kind)("a", "", ["x"], registry=registry)
    operate(metric.labels("v"), 5)
    suffix = {"Counter": "_total", "Gauge": ""}.get(kind, "_sum")

    def value():
        return registry.get_sample_value(f"a{suffix}", {"x": "v"})

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        before = value()
        operate(metric.labels("v"), 2)
        os.write(writer, repr((before, value())).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        assert pipe.read() == "(0.0, 2.0)"
    assert value() == 5


# Caches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_metric_that_nobody_holds_is_freed_with_its_children(ours, kind):
    metric = getattr(ours, kind)("a", "", ["x"], registry=None)
    child = metric.labels("v")
    metric.labels(x="w").note = metric
    gone = [weakref.ref(metric), weakref.ref(child), weakref.ref(metric.labels("w"))]
    del metric, child
    gc.collect()
    assert [reference() for reference in gone] == [None] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_full_cache_lets_go_of_is_freed_at_once(ours, kind):
    metric = getattr(ours, kind)("a", "", ["x"], registry=None)
    children = [weakref.ref(metric.labels(f"v{index}")) for index in range(200)]
    assert sum(child() is not None for child in children) <= 64
    gone = weakref.ref(metric)
    del metric
    gc.collect()
    assert gone() is None


def test_a_cache_with_room_lets_go_of_nothing(ours):
    # Of all sizes and in any order, so that addresses are far apart and close to each other.
    texts = [f"{'v' * (index % 89)}{index}" for index in range(2_000)]
    random.Random(1).shuffle(texts)  # noqa: S311 - any order will do
    for pair in zip(texts[::2], texts[1::2]):
        metric = ours.Counter("a", "", ["x"], registry=None)
        children = [weakref.ref(metric.labels(text)) for text in pair]
        assert None not in [child() for child in children]


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_keeps_its_parent(ours, kind):
    child = getattr(ours, kind)("a", "", ["x"], registry=None).labels("v")
    gc.collect()
    assert child._parent.labels("v") is child


@pytest.mark.parametrize("kind", KINDS)
def test_a_subclass_with_a_state_of_its_own_is_freed(ours, kind):
    class Stateful(getattr(ours, kind)):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.itself = self

    metric = Stateful("a", "", ["x"], registry=None)
    gone = [weakref.ref(metric), weakref.ref(metric.labels("v"))]
    del metric
    gc.collect()
    assert [reference() for reference in gone] == [None] * 2


def test_label_values_are_not_kept_for_ever(ours):
    class Name(str):
        __slots__ = ("__weakref__",)

    metric, name = ours.Counter("a", "", ["x"], registry=None), Name("v")
    metric.labels(name).inc()
    gone = weakref.ref(name)
    del name
    gc.collect()
    assert gone() is None


def test_an_argument_at_the_address_of_a_freed_one_is_not_taken_for_it(ours, registry):
    metric = ours.Counter("a", "", ["x"], registry=registry)
    for index in range(5_000):
        metric.labels(f"v{index % 250}").inc()
        metric.labels(10**20 + index % 250).inc()
    assert len(metric._metrics) == 500
    assert all(child._value.get() == 20 for child in metric._metrics.values())


@pytest.mark.parametrize("kind", KINDS)
def test_children_that_are_removed_while_others_ask_are_not_found_again(ours, registry, kind):
    metric = getattr(ours, kind)("a", "", ["x"], registry=registry)
    values, is_over, failures = ["p", "q", "r"], threading.Event(), []

    def ask():
        try:
            while not is_over.is_set():
                for value in values:
                    operate(metric.labels(value))
                    operate(metric.labels(x=value))
        except BaseException as error:  # noqa: BLE001 - told by the test's thread
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        metric.remove("p")
        metric.remove_by_labels({"x": "q"})
        metric.clear()
        ours.generate_latest(registry)
    is_over.set()
    for thread in threads:
        thread.join()
    assert failures == []
    metric.clear()
    for value in values:
        operate(metric.labels(value))
    suffix = {"Counter": "_total", "Gauge": ""}.get(kind, "_count")
    read = [registry.get_sample_value(f"a{suffix}", {"x": value}) for value in values]
    assert read == [1, 1, 1]


def test_a_text_that_removes_children_while_it_is_made_breaks_nothing(ours, registry):
    metric = ours.Counter("a", "", ["x"], registry=registry)

    class Removing:
        def __str__(self):
            metric.clear()
            metric.labels("inner").inc()
            return "outer"

    metric.labels("first").inc()
    metric.labels(Removing()).inc()
    assert names_of_children(metric) == ["inner", "outer"]


@pytest.mark.parametrize("kind", KINDS)
def test_threads_that_ask_for_a_new_child_get_the_same_one(ours, kind):
    class Plain(getattr(ours, kind)):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)

    for cls in (getattr(ours, kind), Plain):
        metric, barrier, children = cls("a", "", ["x"], registry=None), threading.Barrier(6), []

        def ask(metric=metric, barrier=barrier, children=children):
            barrier.wait()
            children.append(metric.labels("v"))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(map(id, children))) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_threads_that_make_children_of_several_metrics_do_not_mix_them(ours, kind):
    class Slow(getattr(ours, kind)):
        def __init__(self, *arguments, **options):
            time.sleep(0)  # lets other threads begin with theirs
            super().__init__(*arguments, **options)
            time.sleep(0)
            self.is_complete = True

    def ask(metric):
        barrier.wait()
        for index in range(50):
            asked[metric].append(metric.labels(str(index)))
            are_complete.append(asked[metric][-1].is_complete)

    metrics = [Slow("a", "", ["x"], registry=None) for _ in range(3)]
    barrier, are_complete = threading.Barrier(6), []
    asked = {metric: [] for metric in metrics}
    threads = [threading.Thread(target=ask, args=[metric]) for metric in metrics * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(are_complete) == 300
    for metric, children in asked.items():
        assert {id(child) for child in children} == set(map(id, metric._metrics.values()))
        assert all(child._parent is metric for child in children)
