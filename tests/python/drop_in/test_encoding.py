"""What any collector gives, as text: the same bytes and errors as of the reference."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mephisto_metrics import _core
from mephisto_metrics.prometheus_client.encoding import encode
from mephisto_metrics.prometheus_client.registry import CollectorRegistry

FORMATS = {
    "text/plain; version=1.0.0; charset=utf-8": ("exposition", {}),
    "application/openmetrics-text; version=1.0.0; charset=utf-8": (
        "openmetrics.exposition",
        {"version": "1.0.0"},
    ),
    "application/openmetrics-text; version=2.0.0; charset=utf-8": (
        "openmetrics.exposition",
        {"version": "2.0.0"},
    ),
}
SCHEMES = ["underscores", "dots", "values", "allow-utf-8"]
SUFFIXES = ["", "_total", "_created", "_gsum", "_gcount", "_bucket", "_sum", "_count", "_info"]
TYPES = [
    *("counter", "gauge", "summary", "histogram", "gaugehistogram", "unknown", "info", "stateset")
]

names = st.sampled_from(["a", "a_b", "a:b", "a.b", "é", "1a", "a b", 'a"b', "a\\b", "__x", "le"])
texts = st.text(max_size=4) | st.sampled_from(['a"b\\c\nd', "é", "}"])
labels = st.dictionaries(names, texts, max_size=3) | st.none()
numbers = (
    st.floats()
    | st.integers(-(10**17), 10**17)
    | st.booleans()
    | st.sampled_from(["12", 1e15, 1e16, 999999, 1000000, 1234567.5, 1e-5])
)
value_or_none = st.one_of(numbers, numbers, numbers, st.none())
moments = st.none() | st.tuples(st.integers(-5, 10**10), st.integers(0, 10**9 - 1)) | numbers
exemplars = st.none() | st.tuples(st.dictionaries(names, texts, max_size=2), numbers, moments)
spans = st.none() | st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 3)), max_size=2)
deltas = st.lists(st.integers(-9, 9) | st.floats(-9, 9), max_size=4)
native_histograms = st.none() | st.tuples(
    *(numbers.filter(lambda number: not isinstance(number, (str, bool))),) * 2,
    st.integers(-4, 8),
    st.sampled_from([0, 0.0, 2.938735877055719e-39]),
    st.sampled_from([0, 1, 0.5]),
    *(spans, spans, deltas, deltas),
    st.none() | st.lists(exemplars.filter(bool), max_size=2),
)
samples = st.tuples(
    *(st.sampled_from(SUFFIXES), labels, value_or_none, moments, exemplars, native_histograms)
)
families = st.tuples(
    *(
        names,
        texts,
        st.sampled_from(TYPES),
        st.sampled_from(["", "s"]),
        st.lists(samples, max_size=4),
    )
)


def made(reference, described):
    """Return a Metric of the reference; what is no Metric to it has no place in the comparison."""

    def moment(value):
        is_exact = isinstance(value, tuple)
        if isinstance(value, (str, bool)):
            return None
        return reference.samples.Timestamp(*value) if is_exact else value

    def exemplar(value):
        return value and reference.samples.Exemplar(value[0], value[1], moment(value[2]))

    def native_histogram(value):
        nested = value[9] and [exemplar(one) for one in value[9]]
        return reference.samples.NativeHistogram(*value[:9], nested)

    name, documentation, kind, unit, lines = described
    metric = reference.metrics_core.Metric(name, documentation, kind, unit)
    for suffix, line_labels, value, timestamp, line_exemplar, native in lines:
        metric.add_sample(
            metric.name + suffix,
            *(line_labels, value, moment(timestamp), exemplar(line_exemplar)),
            native and native_histogram(native),
        )
    return metric


class Collected:
    def __init__(self, metrics):
        self.metrics = metrics

    def collect(self):
        return iter(self.metrics)


def outcome(action):
    try:
        return action()
    except Exception as error:  # noqa: BLE001 - errors are what is compared
        return error


def assert_alike(ours, expected):
    if not isinstance(expected, Exception):
        assert ours == expected
        return
    assert type(ours) is type(expected), (ours, expected)
    assert str(ours.args[0]).startswith(str(expected.args[0]))
    # The metric at fault.
    assert ours.args[1:] == expected.args[1:]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("format_", FORMATS)
def test_any_families_are_the_same_to_the_byte(reference, format_, scheme):
    module, options = FORMATS[format_]
    generate = reference.module(module).generate_latest
    content_type = f"{format_}; escaping={scheme}"

    @given(described=st.lists(families, max_size=2))
    @settings(max_examples=60, deadline=None)
    def check(described):
        metrics = [made(reference, one) for one in described]
        expected = outcome(lambda: generate(Collected(metrics), escaping=scheme, **options))
        assert_alike(outcome(lambda: _core.encode_families(metrics, content_type)), expected)
        registry = CollectorRegistry()
        registry.register(Collected(metrics))
        assert_alike(outcome(lambda: encode(registry, content_type)), expected)

    check()


offers = st.builds(
    lambda mime, parameters: ";".join([mime, *parameters]),
    st.sampled_from(["text/plain", " text/plain ", "application/openmetrics-text", "*/*", "a/b"]),
    st.lists(
        st.sampled_from(["0.0.1", "0.0.4", "1.0.0", " 1.1.0", "2.0.0", "1", "1.0", ""]).map(
            lambda version: f"version={version}"
        )
        | st.sampled_from([*SCHEMES, "unheard-of"]).map(lambda scheme: f" escaping={scheme}")
        | st.sampled_from(["q=0.5", " charset=utf-8"]),
        max_size=3,
    ),
)


def test_the_format_is_negotiated_alike(reference):
    choose = reference.exposition.choose_encoder

    @given(accept=st.lists(offers, max_size=4).map(",".join))
    def check(accept):
        assert _core.negotiate(accept) == choose(accept)[1]

    check()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("format_", list(FORMATS)[:2])
def test_native_families_are_the_same_to_the_byte(both, format_, scheme):
    """But for the times of creation, which each library reads for itself."""

    def text(library):
        registry = library.CollectorRegistry(target_info={"a": 'b"'})
        counter = library.Counter("c.d", 'a\\b\n"c"', ["z", "a.b", "m"], registry=registry)
        for number, values in enumerate([("1", "2", "3"), ('q"', "b\\", "n\n"), ("", "é", "}")]):
            counter.labels(*values).inc(10 ** (number * 4) + 0.5 * number)
        library.Histogram("h", "H", ["z", "a"], unit="s", registry=registry).labels(
            "1", "2"
        ).observe(3)
        library.Histogram("below", "", buckets=[-1, 1e7], registry=registry).observe(-2.5)
        library.Summary("s:t", "S", registry=registry).observe(1e-5)
        library.Gauge("g", "G", registry=registry).set(float("-inf"))
        library.Info("i", "I", registry=registry).info({"v": "1"})
        library.Gauge("empty", "E", ["nobody"], registry=registry)
        module, options = FORMATS[format_]
        generate = library.module(module).generate_latest
        return re.sub(rb"(_created[^ ]* )1\.\S+", rb"\1T", generate(registry, scheme, **options))

    both.agree(text)


def test_an_exception_in_a_collector_is_the_one_that_comes_out():
    class Broken:
        def collect(self):
            raise LookupError("no such thing")

    registry = CollectorRegistry()
    registry.register(Broken())
    with pytest.raises(LookupError, match="no such thing"):
        encode(registry, "text/plain")


def test_protobuf_is_negotiated_where_it_is_wanted_most():
    delimited = (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
    )
    openmetrics = "application/openmetrics-text;version=1.0.0"
    assert _core.negotiate(f"{delimited},{openmetrics};q=0.8").startswith("application/vnd.google")
    assert _core.negotiate(f"{delimited};q=0.5,{openmetrics}").startswith("application/openmetrics")
