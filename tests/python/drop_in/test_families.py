"""Families for custom collectors, and the samples in them."""

from __future__ import annotations

import pytest

FAMILIES = {
    "unknown": lambda core: core.UnknownMetricFamily("a", "Help", value=1.5),
    "untyped": lambda core: core.UntypedMetricFamily("a", "Help", labels=["zone"], unit="bytes"),
    "unknown with labels and value": lambda core: core.UnknownMetricFamily("a", "", 1, ["zone"]),
    "counter": lambda core: core.CounterMetricFamily("jobs_total", "Help", value=1),
    "counter with unit": lambda core: core.CounterMetricFamily("jobs", "", 1, unit="seconds"),
    "counter with created": lambda core: core.CounterMetricFamily("jobs", "", 1, created=2.5),
    "counter with exemplar": lambda core: core.CounterMetricFamily(
        "jobs", "", 1, exemplar=core.Exemplar({"trace": "a"}, 0.5)
    ),
    "counter with labels and value": lambda core: core.CounterMetricFamily("a", "", 1, []),
    "gauge": lambda core: core.GaugeMetricFamily("depth", "Help", value=3),
    "gauge with labels and value": lambda core: core.GaugeMetricFamily("a", "", 1, ["zone"]),
    "summary": lambda core: core.SummaryMetricFamily("a", "", count_value=1, sum_value=2),
    "summary without sum": lambda core: core.SummaryMetricFamily("a", "", count_value=1),
    "summary with labels and value": lambda core: core.SummaryMetricFamily("a", "", 1, 2, ["b"]),
    "histogram": lambda core: core.HistogramMetricFamily(
        "a", "", buckets=[("0", 1), ("+Inf", 3)], sum_value=2
    ),
    "histogram without sum": lambda core: core.HistogramMetricFamily(
        "a", "", buckets=[("0", 1), ("+Inf", 3)]
    ),
    "histogram with a negative bound": lambda core: core.HistogramMetricFamily(
        "a", "", buckets=[("-1", 1), ("+Inf", 3)], sum_value=2
    ),
    "histogram with exemplars": lambda core: core.HistogramMetricFamily(
        "a", "", buckets=[("0", 1, core.Exemplar({"t": "x"}, 0.1)), ("+Inf", 3)], sum_value=2
    ),
    "histogram of a sum only": lambda core: core.HistogramMetricFamily("a", "", sum_value=2),
    "histogram with labels and buckets": lambda core: core.HistogramMetricFamily(
        "a", "", buckets=[("+Inf", 3)], labels=["b"]
    ),
    "gauge histogram": lambda core: core.GaugeHistogramMetricFamily(
        "a", "", buckets=[("0", 1), ("+Inf", 3)], gsum_value=2
    ),
    "gauge histogram with labels and buckets": lambda core: core.GaugeHistogramMetricFamily(
        "a", "", buckets=[("+Inf", 3)], labels=["b"]
    ),
    "info": lambda core: core.InfoMetricFamily("a", "", value={"value": "1", "labels": "2"}),
    "info with labels and value": lambda core: core.InfoMetricFamily("a", "", {"b": "1"}, ["c"]),
    "state set": lambda core: core.StateSetMetricFamily("a", "", value={"on": True, "off": False}),
    "state set with labels and value": lambda core: core.StateSetMetricFamily("a", "", {}, ["b"]),
    "metric": lambda core: core.Metric("a", "Help", "untyped", "bytes"),
    "metric that ends in its unit": lambda core: core.Metric("a_bytes", "Help", "gauge", "bytes"),
    "metric without a name": lambda core: core.Metric("", "Help", "gauge"),
    "metric of an unknown type": lambda core: core.Metric("a", "Help", "gaugge"),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_made_alike(both, name):
    both.agree(lambda library: FAMILIES[name](library.core))


LABELLED = {
    "unknown": lambda core, add: add(core.UnknownMetricFamily("a", "", labels=["b"]), 1, 2.5),
    "counter": lambda core, add: add(
        core.CounterMetricFamily("a", "", labels=["b"]), 1, 3.5, core.Timestamp(1, 2)
    ),
    "gauge": lambda core, add: add(core.GaugeMetricFamily("a", "", labels=["b"]), 1),
    "summary": lambda core, add: add(core.SummaryMetricFamily("a", "", labels=["b"]), 1, 2, 3),
    "histogram": lambda core, add: add(
        core.HistogramMetricFamily("a", "", labels=["b"]), [("1", 2), ("+Inf", 3)], 4, 5
    ),
    "gauge histogram": lambda core, add: add(
        core.GaugeHistogramMetricFamily("a", "", labels=["b"]), [("1", 2), ("+Inf", 3)], 4, 5
    ),
    "info": lambda core, add: add(core.InfoMetricFamily("a", "", labels=["b"]), {"c": "d"}, 5),
    "state set": lambda core, add: add(
        core.StateSetMetricFamily("a", "", labels=["b"]), {"on": True, "off": False}, 5
    ),
}


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize("labels", [["x"], [], ["x", "one too many"]])
def test_metrics_with_labels_are_added_alike(both, name, labels):
    def add(family, *arguments):
        family.add_metric(labels, *arguments)
        return family

    both.agree(lambda library: LABELLED[name](library.core, add))


def test_metrics_are_equal_by_what_they_hold(both):
    def compare(library):
        one, other = (library.Metric("a", "Help", "gauge") for _ in range(2))
        one.add_sample("a", {"b": "c"}, 1)
        before = one == other
        other.add_sample("a", {"b": "c"}, 1)
        return before, one == other, one != other, one == "a", repr(one)

    both.agree(compare)


def test_a_metric_cannot_be_hashed(both):
    both.agree(lambda library: hash(library.Metric("a", "Help", "gauge")))


@pytest.mark.parametrize("names", [{"a"}, {"a", "b"}, {"c"}])
def test_metrics_are_restricted_to_names(both, names):
    def restrict(library):
        family = library.Metric("a", "Help", "gauge", "bytes")
        for name in ("a", "b", "a"):
            family.add_sample(name, {}, 1)
        return family._restricted_metric(names)

    both.agree(restrict)


@pytest.mark.parametrize("parts", [(1, 2), (-1, 2), (1.5, 999_999_999), (1, -1), (1, 1e9)])
def test_timestamps_are_made_and_written_alike(both, parts):
    def make(library):
        timestamp = library.samples.Timestamp(*parts)
        return timestamp, str(timestamp), repr(timestamp), float(timestamp)

    both.agree(make)


@pytest.mark.parametrize("one", [(1, 2), (1, 3), (-1, 2), (2, 0)])
@pytest.mark.parametrize("other", [(1, 2), (-1, 3), (0, 5)])
def test_timestamps_are_compared_alike(both, one, other):
    def compare(library):
        left, right = library.samples.Timestamp(*one), library.samples.Timestamp(*other)
        return left == right, left != right, left < right, left > right, left == 1

    both.agree(compare)


def test_a_timestamp_cannot_be_hashed(both):
    both.agree(lambda library: hash(library.samples.Timestamp(1, 2)))


def test_samples_are_tuples_with_the_same_fields(both):
    def make(library):
        samples = library.samples
        span = samples.BucketSpan(0, 1)
        histogram = samples.NativeHistogram(1, 2, 3, 4, 5, [span])
        sample = samples.Sample("a", {}, 1, native_histogram=histogram)
        exemplar = samples.Exemplar({"a": "b"}, 1)
        return [(value, value._fields) for value in (span, histogram, sample, exemplar)]

    both.agree(make)
