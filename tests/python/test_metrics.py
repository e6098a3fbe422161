"""Counters, gauges and histograms as Python code uses them, with prometheus_client as the judge."""

from __future__ import annotations

import re
import threading

import prometheus_client
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mephisto_metrics

NUMBERS = st.floats(allow_nan=False, width=32) | st.sampled_from([0, 1, 1e6, 1e16, 1e-5, 5e-324])
LABEL_VALUES = st.text(max_size=4) | st.sampled_from(['"', "\\", "\n", "a\\nb", "{}", "ä"])


def exposition(library, registry) -> str:
    """All series of a registry as text; the times of creation differ between two libraries."""
    text = library.generate_latest(registry).decode()
    if library is prometheus_client:
        # 0.13.1, which Mephisto pins, writes 1e+010 for 1e+10; later releases do not.
        text = re.sub(r"e\+0([0-9]{2})$", r"e+\1", text, flags=re.MULTILINE)
    return re.sub(r"(_created(?:{.*})?) [0-9.e+]+$", r"\1 TIME", text, flags=re.MULTILINE)


@pytest.fixture
def registry():
    return mephisto_metrics.CollectorRegistry()


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["counter", "gauge", "histogram"]),
            LABEL_VALUES,
            LABEL_VALUES,
            NUMBERS.filter(lambda number: number >= 0),
        ),
        max_size=20,
    )
)
def test_any_sequence_of_operations_gives_the_bytes_that_prometheus_client_gives(operations):
    texts = []
    for library in (mephisto_metrics, prometheus_client):
        registry = library.CollectorRegistry()
        labels = ["zone", "app"]
        counter = library.Counter("jobs", "Jobs", labels, registry=registry)
        gauge = library.Gauge("depth", "A \\ and a\nline", labels, registry=registry)
        histogram = library.Histogram("seconds", "Time", labels, registry=registry)
        for kind, zone, app, number in operations:
            if kind == "counter":
                counter.labels(zone, app).inc(number)
            elif kind == "gauge":
                gauge.labels(app=app, zone=zone).dec(number)
            else:
                histogram.labels(zone, app).observe(number)
        texts.append(exposition(library, registry))
    assert texts[0] == texts[1]


@settings(deadline=None)
@given(st.floats())
def test_any_value_of_a_gauge_is_written_as_prometheus_client_writes_it(value):
    texts = []
    for library in (mephisto_metrics, prometheus_client):
        registry = library.CollectorRegistry()
        library.Gauge("g", "G", registry=registry).set(value)
        texts.append(exposition(library, registry))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m, r: m.Counter("c", "", ["a"], registry=r).inc(),
            "counter metric is missing label",
        ),
        (lambda m, r: m.Counter("c", "", ["a"], registry=r).labels(), "Incorrect label count"),
        (
            lambda m, r: m.Gauge("g", "", ["a"], registry=r).labels("1", "2"),
            "Incorrect label count",
        ),
        (lambda m, r: m.Gauge("g", "", ["a"], registry=r).labels(b=1), "Incorrect label names"),
        (
            lambda m, r: m.Gauge("g", "", ["a"], registry=r).labels("1", a=1),
            "Can't pass both *args",
        ),
        (lambda m, r: m.Gauge("g", "", registry=r).labels("1"), "No label names were set when"),
        (
            lambda m, r: m.Gauge("g", "", ["a"], registry=r).labels("1").labels("2"),
            "gauge:g already has labels set ({'a': '1'}); can not chain calls to .labels()",
        ),
        (
            lambda m, r: m.Counter("c", "", registry=r).inc(-1),
            "Counters can only be incremented by non-negative amounts.",
        ),
        (
            lambda m, r: [m.Gauge("g", "", registry=r), m.Gauge("g", "", registry=r)],
            "Duplicated timeseries in CollectorRegistry: {'g'}",
        ),
        (lambda m, r: m.Histogram("h", "", ["le"], registry=r), "Reserved label met"),
        (lambda m, r: m.Gauge("g", "", ["__x"], registry=r), "Reserved label metric name: __x"),
        (
            lambda m, r: m.Histogram("h", "", buckets=[2, 1], registry=r),
            "Buckets not in sorted order",
        ),
        (
            lambda m, r: m.Histogram("h", "", buckets=[], registry=r),
            "Must have at least two buckets",
        ),
    ],
)
def test_a_wrong_call_raises_what_prometheus_client_raises(call, message):
    """The wording is `prometheus_client`'s; ours may go on behind it."""
    for library in (prometheus_client, mephisto_metrics):
        with pytest.raises(ValueError, match=re.escape(message)) as raised:
            call(library, library.CollectorRegistry())
        assert str(raised.value).startswith(message)


def test_a_metric_without_a_name_is_refused(registry):
    with pytest.raises(ValueError, match="Metric name should not be empty"):
        mephisto_metrics.Gauge("", "", registry=registry)


def test_errors_name_what_was_expected_and_what_was_received(registry):
    counter = mephisto_metrics.Counter("c", "", ["method", "code"], registry=registry)
    with pytest.raises(ValueError, match=r"expected method, code, received path, code"):
        counter.labels(path="/", code=1)
    with pytest.raises(ValueError, match=r"expected 2 \(method, code\), received 1"):
        counter.labels("get")


def test_a_wrong_amount_is_an_error_and_changes_nothing(registry):
    gauge = mephisto_metrics.Gauge("g", "", registry=registry)
    with pytest.raises(ValueError, match="high"):
        gauge.set("high")
    with pytest.raises(TypeError):
        gauge.inc("more")
    assert exposition(mephisto_metrics, registry).endswith("\ng 0.0\n")


def test_label_values_of_any_type_become_text(registry):
    gauge = mephisto_metrics.Gauge("g", "", ["a"], registry=registry)
    gauge.labels(1).inc()
    gauge.labels(a="1").inc()
    assert 'g{a="1"} 2.0\n' in exposition(mephisto_metrics, registry)


def test_an_exception_in_a_label_value_travels_back_as_itself(registry):
    class Silent:
        def __str__(self) -> str:
            raise LookupError("no words")

    gauge = mephisto_metrics.Gauge("g", "", ["a"], registry=registry)
    with pytest.raises(LookupError, match="no words"):
        gauge.labels(Silent())


def test_bounds_given_as_text_or_without_infinity_are_understood(registry):
    histogram = mephisto_metrics.Histogram("h", "", buckets=["0.5", 1, "inf"], registry=registry)
    histogram.observe(0.75)
    text = exposition(mephisto_metrics, registry)
    assert re.findall(r'le="([^"]+)"} (\S+)', text) == [
        ("0.5", "0.0"),
        ("1.0", "1.0"),
        ("+Inf", "1.0"),
    ]


def test_a_removed_child_is_gone_and_comes_back_at_zero(registry):
    gauge = mephisto_metrics.Gauge("g", "", ["a"], registry=registry)
    gauge.labels("x").set(3)
    gauge.remove("x")
    gauge.remove("never there")
    assert "g{" not in exposition(mephisto_metrics, registry)
    gauge.labels("x")
    assert 'g{a="x"} 0.0' in exposition(mephisto_metrics, registry)
    gauge.clear()
    assert "g{" not in exposition(mephisto_metrics, registry)


def test_an_unregistered_metric_is_not_shown_and_frees_its_name(registry):
    gauge = mephisto_metrics.Gauge("g", "", registry=registry)
    registry.unregister(gauge)
    assert exposition(mephisto_metrics, registry) == ""
    with pytest.raises(KeyError):
        registry.unregister(gauge)
    registry.register(gauge)


def test_inprogress_is_tracked_for_blocks_and_calls_even_when_they_raise(registry):
    gauge = mephisto_metrics.Gauge("g", "", registry=registry)
    seen = []

    @gauge.track_inprogress()
    def work():
        seen.append(exposition(mephisto_metrics, registry))
        raise LookupError

    with pytest.raises(LookupError):
        work()
    with gauge.track_inprogress():
        seen.append(exposition(mephisto_metrics, registry))
    assert all(text.endswith("\ng 1.0\n") for text in seen)
    assert exposition(mephisto_metrics, registry).endswith("\ng 0.0\n")


def test_threads_lose_no_increment(registry):
    counter = mephisto_metrics.Counter("c", "", ["a"], registry=registry)
    histogram = mephisto_metrics.Histogram("h", "", registry=registry)

    def work():
        for number in range(2_000):
            counter.labels(str(number % 7)).inc()
            histogram.observe(0.25)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = exposition(mephisto_metrics, registry)
    assert sum(float(value) for value in re.findall(r"c_total{.*} (\S+)", text)) == 8_000
    assert "h_count 8000.0\nh_sum 2000.0\n" in text
