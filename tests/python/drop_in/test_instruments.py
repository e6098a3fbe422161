"""Counter, gauge, histogram and summary: the same calls on both libraries give the same."""

from __future__ import annotations

import asyncio
import copy
import decimal
import fractions
import math
import pickle
import re
import time
from unittest import mock

import pytest

KINDS = ["Counter", "Gauge", "Histogram", "Summary"]
CREATED = re.compile(r"^([^#].*_created(?:\{.*\})?) \S+$", re.MULTILINE)
EXEMPLAR_TIME = re.compile(r"( # \{.*\} \S+) \S+$", re.MULTILINE)


def shown(library, registry):
    """Return both expositions of a registry, without times."""
    texts = (
        library.generate_latest(registry),
        library.openmetrics.exposition.generate_latest(registry),
    )
    return [EXEMPLAR_TIME.sub(r"\1 TIME", CREATED.sub(r"\1 TIME", t.decode())) for t in texts]


def samples(collector):
    """Return all that a collector gives, without times."""
    return [
        (
            family.name,
            family.documentation,
            family.type,
            family.unit,
            [
                (
                    sample.name,
                    list(sample.labels.items()),
                    "TIME" if sample.name.endswith("_created") else sample.value,
                    sample.timestamp,
                    sample.exemplar and (sample.exemplar.labels, float(sample.exemplar.value)),
                    sample.native_histogram,
                )
                for sample in family.samples
            ],
        )
        for family in collector.collect()
    ]


def operate(metric, amount=1):
    """Change a metric of any of the four kinds by `amount`."""
    (metric.inc if hasattr(metric, "inc") else metric.observe)(amount)


def agree_on(both, action, *, raises=False):
    """Assert that `action(library, registry)` gives the same, and leaves the same behind."""

    def run(library):
        registry = library.CollectorRegistry()
        return action(library, registry), samples(registry), shown(library, registry)

    given = both.agree(run)
    assert isinstance(given, Exception) == raises, given


def outcome_of(action, *arguments, **keywords):
    """Return what a call returns or the type of what it raises, to go on behind it."""
    try:
        return action(*arguments, **keywords)
    except Exception as error:  # noqa: BLE001 - errors are what is compared
        return type(error).__name__


def outcome_in_words(action, *arguments, **keywords):
    try:
        return action(*arguments, **keywords)
    except Exception as error:  # noqa: BLE001
        return type(error).__name__, str(error)


# Constructors -----------------------------------------------------------------------------------

CONSTRUCTORS = {
    "name and help": lambda make, r: make("a", "Help", registry=r),
    "all by position": lambda make, r: make("a", "Help", ["x"], "n", "s", "bytes", r),
    "all by name": lambda make, r: make(
        name="a",
        documentation="H",
        labelnames=("x",),
        namespace="n",
        subsystem="s",
        unit="u",
        registry=r,
    ),
    "namespace": lambda make, r: make("a", "Help", namespace="n", registry=r),
    "subsystem": lambda make, r: make("a", "Help", subsystem="s", registry=r),
    "unit that is there": lambda make, r: make("a_seconds", "Help", unit="seconds", registry=r),
    "total": lambda make, r: make("a_total", "Help", registry=r),
    "total with unit": lambda make, r: make("a_total", "Help", unit="bytes", registry=r),
    "only total": lambda make, r: make("_total", "Help", registry=r),
    "utf-8": lambda make, r: make("ä.b c", 'He\\lp\n"é"', ["ö.x"], registry=r),
    "labels of a generator": lambda make, r: make("a", "", (n for n in "xy"), registry=r),
    "labels of a string": lambda make, r: make("a", "", "xy", registry=r),
    "label twice": lambda make, r: make("a", "", ["x", "x"], registry=r),
    "empty label": lambda make, r: make("a", "", [""], registry=r),
    "no registry": lambda make, _: make("a", "Help", registry=None),
    "no name": lambda make, r: make("", "Help", registry=r),
    "name is a number": lambda make, r: make(1, "Help", registry=r),
    "name is nothing": lambda make, r: make(None, "Help", registry=r),
    "reserved by Prometheus": lambda make, r: make("a", "", ["__x"], registry=r),
    "label is a number": lambda make, r: make("a", "", [1], registry=r),
    "labels are nothing": lambda make, r: make("a", "", None, registry=r),
    "no help": lambda make, r: make("a", registry=r),
    "nothing": lambda make, _: make(),
    "unknown keyword": lambda make, r: make("a", "", registry=r, label_names=["x"]),
    "too many": lambda make, r: make("a", "", (), "", "", "", r, None, 1, 2, 3),
    "name twice": lambda make, r: make("a", "", name="b", registry=r),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CONSTRUCTORS)
def test_metrics_are_made_alike(both, kind, case):
    def make(library):
        registry = library.CollectorRegistry()
        try:
            metric = CONSTRUCTORS[case](getattr(library, kind), registry)
        except TypeError as error:
            return type(error)
        return (
            repr(metric),
            str(metric),
            metric.describe(),
            metric._type,
            metric._name,
            metric._original_name,
            metric._namespace,
            metric._subsystem,
            metric._unit,
            metric._documentation,
            metric._labelnames,
            metric._labelvalues,
            bool(metric._is_observable()),
            bool(metric._is_parent()),
            list(metric._reserved_labelnames),
            registry._collector_to_names.get(metric),
            samples(registry),
            shown(library, registry),
        )

    both.agree(make)


@pytest.mark.parametrize(("kind", "name"), [("Histogram", "le"), ("Summary", "quantile")])
def test_labels_of_a_types_own_series_are_reserved(both, kind, name):
    for library in (both.ours, both.reference):
        with pytest.raises(ValueError, match=f"^Reserved label met.*{name}"):
            getattr(library, kind)("a", "", [name], registry=None)
    for other in set(KINDS) - {kind}:
        assert getattr(both.ours, other)("a", "", [name], registry=None)._labelnames == (name,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_a_second_metric_of_a_name_is_refused_alike(both, kind, other):
    def make(library):
        registry = library.CollectorRegistry()
        getattr(library, kind)("a", "First", registry=registry)
        getattr(library, other)("a", "Second", ["x"], registry=registry)

    both.agree(make)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["_total", "_created", "_bucket", "_sum", "_count"])
def test_names_of_series_are_taken_alike(both, kind, suffix):
    def make(library):
        registry = library.CollectorRegistry()
        getattr(library, kind)("a", "First", registry=registry)
        given = outcome_of(library.Gauge, f"a{suffix}", "Second", registry=registry)
        return given if isinstance(given, str) else repr(given)

    both.agree(make)


MODES = [
    *("all", "liveall", "min", "livemin", "max", "livemax", "sum", "livesum"),
    *("mostrecent", "livemostrecent", "newest"),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("labelnames", [(), ("x",)])
def test_multiprocess_modes_of_gauges_are_taken_alike(both, mode, labelnames):
    def run(library, registry):
        gauge = library.Gauge("a", "", labelnames, registry=registry, multiprocess_mode=mode)
        child = gauge.labels("v") if labelnames else gauge
        child.set(3)
        kept = gauge._multiprocess_mode, gauge._kwargs, child._multiprocess_mode, child._kwargs
        return kept, outcome_in_words(child.inc), outcome_in_words(child.dec, 2)

    agree_on(both, run, raises=mode == "newest")


BUCKETS = {
    "default": None,
    "numbers": [1, 2.5, 10],
    "texts": ["0.5", "1", "inf"],
    "with infinity": [1, math.inf],
    "only infinity": [math.inf],
    "none": [],
    "one": [1],
    "unsorted": [2, 1],
    "infinity in the middle": [1, math.inf, 2],
    "negative": [-10, -1, 0, 1],
    "equal": [1, 1, 2],
    "tuple": (0.1, 1e16, 1e100),
    "a dictionary's keys": {1: "x", 2: "y"}.keys(),
    "no number": ["a"],
    "nothing in it": [None],
    "a number": 5,
    "many digits": [0.1 + 0.2, 1 / 3, 123456789.123],
    "fractions": [fractions.Fraction(1, 2), decimal.Decimal("1.5")],
    "negative infinity": [-math.inf, 0],
    "negative zero": [-0.0, 1],
}


@pytest.mark.parametrize("case", BUCKETS)
@pytest.mark.parametrize("labelnames", [(), ("x",)])
def test_buckets_are_taken_alike(both, case, labelnames):
    given = BUCKETS[case]
    options = {} if given is None else {"buckets": given}

    def run(library):
        registry = library.CollectorRegistry()
        histogram = library.Histogram("a", "", labelnames, registry=registry, **options)
        child = histogram.labels("v") if labelnames else histogram
        for amount in (-20, -1, 0, 0.05, 0.5, 1, 1.5, 2, 1e17, math.inf):
            child.observe(amount)
        return (
            list(histogram._upper_bounds),
            list(child._upper_bounds),
            [bucket.get() for bucket in child._buckets],
            child._sum.get(),
            samples(registry),
            shown(library, registry),
        )

    both.agree(run)


def test_default_buckets_are_those_of_the_original(both):
    both.agree(lambda library: library.Histogram.DEFAULT_BUCKETS)


# Amounts ----------------------------------------------------------------------------------------


class Text(str):
    __slots__ = ()


class WholeNumber(int):
    pass


class FloatingNumber(float):
    __slots__ = ()


class OnlyFloat:
    def __float__(self):
        return 2.5


class OnlyIndex:
    def __index__(self):
        return 3


AMOUNTS = {
    "zero": 0,
    "one": 1,
    "float": 2.5,
    "tiny": 5e-324,
    "negative": -1,
    "negative float": -0.5,
    "negative zero": -0.0,
    "infinity": math.inf,
    "negative infinity": -math.inf,
    "not a number": math.nan,
    "true": True,
    "large int": 2**53 + 1,
    "huge int": 10**300,
    "too huge int": 10**400,
    "negative too huge int": -(10**400),
    "fraction": fractions.Fraction(1, 3),
    "negative fraction": fractions.Fraction(-1, 3),
    "decimal": decimal.Decimal("1.5"),
    "text": "1.5",
    "word": "high",
    "bytes": b"1",
    "none": None,
    "list": [1],
    "subclass of int": WholeNumber(3),
    "subclass of float": FloatingNumber(1.5),
    "object with a float": OnlyFloat(),
    "object with an index": OnlyIndex(),
}

METHODS = {
    "counter inc": ("Counter", lambda metric, amount: metric.inc(amount)),
    "counter inc by name": ("Counter", lambda metric, amount: metric.inc(amount=amount)),
    "gauge inc": ("Gauge", lambda metric, amount: metric.inc(amount)),
    "gauge inc by name": ("Gauge", lambda metric, amount: metric.inc(amount=amount)),
    "gauge dec": ("Gauge", lambda metric, amount: metric.dec(amount)),
    "gauge dec by name": ("Gauge", lambda metric, amount: metric.dec(amount=amount)),
    "gauge set": ("Gauge", lambda metric, amount: metric.set(amount)),
    "gauge set by name": ("Gauge", lambda metric, amount: metric.set(value=amount)),
    "histogram": ("Histogram", lambda metric, amount: metric.observe(amount)),
    "histogram by name": ("Histogram", lambda metric, amount: metric.observe(amount=amount)),
    "histogram, exemplar": ("Histogram", lambda metric, a: metric.observe(a, {"trace": "x"})),
    "summary": ("Summary", lambda metric, amount: metric.observe(amount)),
    "summary by name": ("Summary", lambda metric, amount: metric.observe(amount=amount)),
}


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("method", METHODS)
def test_amounts_are_taken_alike(both, method, amount):
    kind, call = METHODS[method]

    def run(library, registry):
        metric = getattr(library, kind)("a", "Help", registry=registry)
        operate(metric, 2)
        given = outcome_of(call, metric, AMOUNTS[amount])
        if kind == "Summary" and given is not None:
            # The original has counted a refused observation before it refuses it.
            registry.unregister(metric)
        return given

    agree_on(both, run)


def test_errors_of_amounts_open_with_the_originals_words(both):
    both.agree(lambda library: library.Counter("a", "", registry=None).inc(-1))
    both.agree(lambda library: library.Gauge("a", "", registry=None).set("high"))
    both.agree(lambda library: library.Counter("a", "", registry=None).inc("high"))
    both.agree(lambda library: library.Gauge("a", "", registry=None).inc("high"))
    both.agree(lambda library: library.Gauge("a", "", registry=None).dec("high"))
    both.agree(lambda library: library.Histogram("a", "", registry=None).observe("high"))
    both.agree(lambda library: library.Summary("a", "", registry=None).observe(None))


WRONG_CALLS = {
    "inc of two": ("Counter", lambda metric: metric.inc(1, {}, 3)),
    "inc of an unknown keyword": ("Counter", lambda metric: metric.inc(value=1)),
    "inc twice": ("Counter", lambda metric: metric.inc(1, amount=1)),
    "gauge inc with exemplar": ("Gauge", lambda metric: metric.inc(1, {"a": "b"})),
    "gauge dec with exemplar": ("Gauge", lambda metric: metric.dec(1, exemplar={})),
    "set of none": ("Gauge", lambda metric: metric.set()),
    "set of two": ("Gauge", lambda metric: metric.set(1, 2)),
    "set by a wrong name": ("Gauge", lambda metric: metric.set(amount=1)),
    "observe of none": ("Histogram", lambda metric: metric.observe()),
    "observe of three": ("Histogram", lambda metric: metric.observe(1, {}, 3)),
    "observe by a wrong name": ("Histogram", lambda metric: metric.observe(value=3)),
    "summary of none": ("Summary", lambda metric: metric.observe()),
    "summary with exemplar": ("Summary", lambda metric: metric.observe(1, {"a": "b"})),
    "reset with one": ("Counter", lambda metric: metric.reset(1)),
    "reset of a gauge": ("Gauge", lambda metric: metric.reset()),
    "inc of a histogram": ("Histogram", lambda metric: metric.inc()),
    "dec of a counter": ("Counter", lambda metric: metric.dec()),
    "time of a counter": ("Counter", lambda metric: metric.time()),
    "time with one": ("Histogram", lambda metric: metric.time(1)),
    "exceptions of two": ("Counter", lambda metric: metric.count_exceptions(KeyError, OSError)),
    "function without": ("Gauge", lambda metric: metric.set_function()),
    "current time of one": ("Gauge", lambda metric: metric.set_to_current_time(1)),
}


@pytest.mark.parametrize("case", WRONG_CALLS)
def test_wrong_arguments_are_refused_alike(both, case):
    kind, call = WRONG_CALLS[case]

    def run(library, registry):
        return outcome_of(call, getattr(library, kind)("a", "", registry=registry))

    agree_on(both, run)


@pytest.mark.parametrize("kind", KINDS)
def test_methods_of_a_parent_are_refused_alike(both, kind):
    names = ["inc", "dec", "set", "observe", "time", "count_exceptions", "track_inprogress"]
    names += ["set_to_current_time", "set_function"]

    def run(library, registry):
        parent = getattr(library, kind)("a", "", ["x"], registry=registry)
        given = []
        for name in names:
            arguments = {"set": (1,), "observe": (1,), "set_function": (lambda: 1,)}.get(name, ())
            outcome = outcome_of(getattr(parent, name, int), *arguments)
            given.append(outcome if isinstance(outcome, str) else None)
        return given

    agree_on(both, run)


# Labels and children ----------------------------------------------------------------------------


class Changing:
    """Says something else each time."""

    def __init__(self):
        self.count = 0

    def __str__(self):
        self.count += 1
        return f"text {self.count}"


class Silent:
    def __str__(self):
        raise LookupError("no words")


class NoText:
    def __str__(self):
        return 1  # noqa: PLE0307 - that is the case


LABELS = {
    "texts": lambda m: m.labels("a", "b"),
    "by name": lambda m: m.labels(x="a", y="b"),
    "by name, other order": lambda m: m.labels(y="b", x="a"),
    "mixed": lambda m: m.labels("a", y="b"),
    "too few": lambda m: m.labels("a"),
    "none": lambda m: m.labels(),
    "too many": lambda m: m.labels("a", "b", "c"),
    "wrong name": lambda m: m.labels(x="a", z="b"),
    "too few names": lambda m: m.labels(x="a"),
    "too many names": lambda m: m.labels(x="a", y="b", z="c"),
    "empty texts": lambda m: m.labels("", ""),
    "unicode": lambda m: m.labels("ä\U0001f600", '\x00\n\\"'),
    "numbers": lambda m: m.labels(1, 2.50),
    "large numbers": lambda m: m.labels(10**30, 1e22),
    "none and bools": lambda m: m.labels(None, True),
    "by name, no texts": lambda m: m.labels(x=None, y=False),
    "bytes": lambda m: m.labels(b"a", [1, "x"]),
    "subclasses": lambda m: m.labels(Text("a"), WholeNumber(7)),
    "changing": lambda m: m.labels(*[Changing()] * 2),
    "silent": lambda m: m.labels("a", Silent()),
    "no text": lambda m: m.labels("a", NoText()),
    "chained": lambda m: m.labels("a", "b").labels("c", "d"),
    "chained by name": lambda m: m.labels("a", "b").labels(x="c", y="d"),
    "from a list": lambda m: m.labels(*["a", "b"]),
    "from a dict": lambda m: m.labels(x="a", y="b"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", LABELS)
def test_children_are_found_alike(both, kind, case):
    def run(library):
        registry = library.CollectorRegistry()
        metric = getattr(library, kind)("a", "Help", ["x", "y"], registry=registry)
        given = []
        for _ in range(3):
            try:
                child = LABELS[case](metric)
            except Exception as error:  # noqa: BLE001
                given.append((type(error).__name__, str(error)[:20]))
                continue
            operate(child)
            given.append((child._labelvalues, repr(child), str(child), child._labelnames))
            given.append((bool(child._is_parent()), bool(child._is_observable())))
        return given, list(metric._metrics), samples(registry), shown(library, registry)

    both.agree(run)
    both.agree(
        lambda library: LABELS[case](getattr(library, kind)("a", "", "xy", registry=None)) and None
    )


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_a_metric_without_are_refused_alike(both, kind):
    both.agree(lambda library: getattr(library, kind)("a", "", registry=None).labels("x"))
    both.agree(lambda library: getattr(library, kind)("a", "", registry=None).labels(x="x"))
    both.agree(lambda library: getattr(library, kind)("a", "", registry=None).labels())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_any_number_of_labels_works_alike(both, kind, count):
    names = [f"l{index}" for index in range(count)]

    def run(library, registry):
        metric = getattr(library, kind)("a", "", names, registry=registry)
        for value in ("x", "y", "x", 3):
            operate(metric.labels(*[value] * count))
            operate(metric.labels(**dict.fromkeys(reversed(names), value)))
        return [child is metric.labels(*values) for values, child in metric._metrics.items()]

    agree_on(both, run)


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_of_changing_text_is_asked_each_time(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", ["x"], registry=registry)
        changing, numbers = Changing(), [1]
        for _ in range(4):
            operate(metric.labels(changing))
            operate(metric.labels(x=changing))
            operate(metric.labels(numbers))
            numbers.append(2)
        return changing.count

    agree_on(both, run)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_labels_give_the_same_child(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", ["x"], registry=registry)
        child = metric.labels("v")
        return (
            metric.labels("v") is child,
            metric.labels(x="v") is child,
            metric.labels("".join(["v"])) is child,
            metric.labels(Text("v")) is child,
            metric._metrics["v",] is child,
            hash(child) == hash(metric.labels("v")),
            child == metric.labels("v"),
            child != metric.labels("w"),
            child == metric,
            len({child, metric, metric.labels("w"), metric.labels("v")}),
        )

    agree_on(both, run)


@pytest.mark.parametrize("kind", KINDS)
def test_attributes_stay_on_metrics_and_children(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", ["x"], registry=registry)
        metric.note = "parent"
        metric.labels("v").note = "child"
        for index in range(200):
            metric.labels(index)
        kept = metric.note, metric.labels("v").note, vars(metric.labels("v")).get("note")
        del metric.labels("v").note
        return kept, outcome_in_words(lambda: metric.labels("v").note)[0]

    agree_on(both, run)


REMOVALS = {
    "one": lambda m: m.remove("v", 1),
    "one that is not there": lambda m: m.remove("v", 7),
    "too few": lambda m: m.remove("v"),
    "too many": lambda m: m.remove("v", 1, 2),
    "by name": lambda m: m.remove(x="v", y=1),
    "by one label": lambda m: m.remove_by_labels({"x": "v"}),
    "by a number": lambda m: m.remove_by_labels({"y": 1}),
    "by no label": lambda m: m.remove_by_labels({}),
    "by an unknown label": lambda m: m.remove_by_labels({"z": "v"}),
    "by what is no dict": lambda m: m.remove_by_labels([("x", "v")]),
    "all": lambda m: m.clear(),
    "all, with one": lambda m: m.clear(1),
    "from within": lambda m: m._metrics.pop(("v", "1")) and None,
    "from within, deleted": lambda m: m._metrics.__delitem__(("v", "1")),
    "from within, not there": lambda m: m._metrics.pop(("v", "9"), "default"),
    "from within, missing": lambda m: m._metrics.pop(("v", "9")),
    "all from within": lambda m: m._metrics.clear(),
    "all from within by assignment": lambda m: setattr(m, "_metrics", {}),
}


# Only parents have children to be found from within.
REMOVALS_BY_LABEL_NAMES = [
    *((case, "xy") for case in REMOVALS),
    *((case, ()) for case in REMOVALS if "within" not in case),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("case", "labelnames"), REMOVALS_BY_LABEL_NAMES)
def test_children_are_removed_alike(both, kind, case, labelnames):
    def run(library):
        registry = library.CollectorRegistry()
        metric = getattr(library, kind)("a", "", labelnames, registry=registry)
        held = []
        if labelnames:
            held = [metric.labels(*values) for values in [("v", 1), ("w", 1), ("v", 2)]]
            for child in held:
                operate(child)
        given = outcome_of(REMOVALS[case], metric), samples(registry)
        for child in held:
            operate(child)
        again = [metric.labels(*child._labelvalues) is child for child in held]
        return given, again, samples(registry), shown(library, registry)

    both.agree(run)
    if "with one" not in case and "by name" not in case:
        both.agree(
            lambda library: REMOVALS[case](
                getattr(library, kind)("a", "", labelnames, registry=None)
            )
        )


@pytest.mark.parametrize("kind", KINDS)
def test_the_children_of_a_parent_can_be_read_from_within(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", ["x", "y"], registry=registry)
        metric.labels("v", 1)
        children = metric._metrics
        metric.labels("w", 2)
        with metric._lock:
            seen = list(children), len(children), ("v", "1") in children, ("v", 1) in children
        return (
            seen,
            [child._labelvalues for child in children.values()],
            [(values, child._name) for values, child in children.items()],
            children.get(("q", "q")),
            bool(children),
            hasattr(metric.labels("v", 1), "_metrics"),
            hasattr(metric.labels("v", 1), "_lock"),
        )

    agree_on(both, run)


# Values from within -----------------------------------------------------------------------------


def test_values_can_be_read_and_set_from_within(both):
    def run(library, registry):
        counter = library.Counter("c", "", registry=registry)
        gauge = library.Gauge("g", "", registry=registry)
        summary = library.Summary("s", "", registry=registry)
        histogram = library.Histogram("h", "", buckets=[1, 2], registry=registry)
        for metric in (counter, gauge, summary, histogram):
            operate(metric, 1.5)
        values = [counter._value, gauge._value, summary._count, summary._sum, histogram._sum]
        values += histogram._buckets
        seen = [(value.get(), value._value, value.get_exemplar()) for value in values]
        for index, value in enumerate(values):
            value.inc(index)
        middle = [value.get() for value in values]
        for index, value in enumerate(values):
            value.set(index + 10, timestamp=5)
        after = [value.get() for value in values]
        values[0]._value = 4.0
        return seen, middle, after, [value._multiprocess for value in values]

    agree_on(both, run)


def test_the_time_of_creation_can_be_set_from_within(both):
    def run(library):
        registry = library.CollectorRegistry()
        for kind in ("Counter", "Histogram", "Summary"):
            getattr(library, kind)(kind, "", registry=registry)._created = 1234.5
            getattr(library, kind)(f"{kind}x", "", "x", registry=registry).labels(1)._created = 7
        return library.generate_latest(registry), [list(f.samples) for f in registry.collect()]

    both.agree(run)


def test_the_time_of_creation_is_pythons(both):
    def run(library):
        registry = library.CollectorRegistry()
        with mock.patch("time.time", return_value=123.456):
            for kind in ("Counter", "Histogram", "Summary"):
                getattr(library, kind)(kind, "", registry=registry)
                child = getattr(library, kind)(f"{kind}x", "", "xy", registry=registry)
                child.labels("a", "b")
                child.labels(y=1, x=2)
        with mock.patch("time.time", return_value=99.5):
            counter = library.Counter("again", "", registry=registry)
        with mock.patch("time.time", return_value=100.25):
            counter.reset()
            counter.inc(2, {"trace": "x"})
        return (
            library.generate_latest(registry),
            library.openmetrics.exposition.generate_latest(registry),
            [list(family.samples) for family in registry.collect()],
        )

    both.agree(run)


@pytest.mark.parametrize("kind", KINDS)
def test_times_of_creation_can_be_left_out(both, kind):
    def run(library):
        registry = library.CollectorRegistry()
        getattr(library, kind)("a", "", registry=registry)
        labelled = getattr(library, kind)("b", "", ["x"], registry=registry)
        operate(labelled.labels("v"))
        library.disable_created_metrics()
        try:
            without = samples(registry), shown(library, registry), kind
        finally:
            library.enable_created_metrics()
        return without, samples(registry), shown(library, registry)

    both.agree(run)


def test_the_switch_for_times_of_creation_can_be_read_from_within(both):
    def run(library, registry):
        library.Counter("a", "", registry=registry)
        try:
            library.disable_created_metrics()
            seen = [library.metrics._use_created, library.metrics._get_use_created()]
            library.metrics._use_created = True
            seen.append(samples(registry))
            library.metrics._use_created = False
            seen.append(samples(registry))
            seen.append(shown(library, registry))
        finally:
            library.enable_created_metrics()
        return seen, library.metrics._use_created

    agree_on(both, run)


# Exemplars --------------------------------------------------------------------------------------

EXEMPLARS = {
    "one": {"trace_id": "abc"},
    "several": {"trace_id": "abc", "span": 'ä"\\\n'},
    "empty": {},
    "none": None,
    "long enough": {"a": "x" * 127},
    "too long": {"a": "x" * 128},
    "too long in names": {"a" * 100: "x" * 29},
    "wide characters": {"a": "ä" * 127},
    "reserved": {"__a": "x"},
    "name with a dot": {"a.b": "x"},
    "empty name": {"": "x"},
    "number as value": {"a": 1},
    "number as name": {1: "a"},
    "none as value": {"a": None},
    "no dict": "abc",
    "pairs": [("a", "b")],
}


@pytest.mark.parametrize("case", EXEMPLARS)
@pytest.mark.parametrize("kind", ["Counter", "Histogram"])
@pytest.mark.parametrize("labelnames", [(), ("x",)])
def test_exemplars_are_taken_alike(both, kind, case, labelnames):
    def run(library):
        registry = library.CollectorRegistry()
        metric = getattr(library, kind)("a", "", labelnames, registry=registry)
        metric = metric.labels("v") if labelnames else metric
        method = metric.inc if kind == "Counter" else metric.observe
        given = [outcome_of(method, 1.5, exemplar=EXEMPLARS[case])]
        given.append(outcome_of(method, 20, EXEMPLARS[case]))
        return given, samples(registry), shown(library, registry)

    both.agree(run)


@pytest.mark.parametrize("kind", ["Counter", "Histogram"])
def test_the_latest_exemplar_of_a_place_is_shown(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", ["x"], registry=registry)
        for value, amount in [("v", 1), ("v", 0.2), ("w", 1), ("v", 1)]:
            child = metric.labels(value)
            (child.inc if kind == "Counter" else child.observe)(amount, {"n": f"{value}{amount}"})
            operate(child, 1)
        metric.remove("w")
        operate(metric.labels("w"))
        return samples(registry)

    agree_on(both, run)


@pytest.mark.parametrize("legacy", [False, True])
def test_names_of_exemplars_follow_the_rule_for_names(both, legacy):
    def run(library, registry):
        if legacy:
            library.validation.enable_legacy_validation()
        try:
            counter = library.Counter("a", "", registry=registry)
            return [
                outcome_in_words(counter.inc, 1, {name: "x"})
                for name in ("a", "a.b", "1a", ":o)", "__a")
            ] and None
        finally:
            library.validation.disable_legacy_validation()

    agree_on(both, run)


# Blocks and calls -------------------------------------------------------------------------------


def raises(error):
    raise error


def in_block(manager, error=None):
    with manager as entered:
        if error:
            raise error
    return entered is manager


async def awaited(manager, error=None):
    @manager
    async def work(number):
        await asyncio.sleep(0)
        if error:
            raise error
        return number

    return await work(4)


class Worker:
    def __init__(self, manager):
        self.number = 5
        self.decorated = manager(self.work.__func__)

    def work(self, factor, *, plus=1):
        """Multiply."""
        return self.number * factor + plus


def decorated_method(manager):
    class Class:
        @manager
        def method(self, factor, *, plus=1):
            """Multiply."""
            return type(self).__name__, factor + plus

        @staticmethod
        @manager
        def static(number):
            return number

        @classmethod
        @manager
        def of_class(cls, number):
            return cls.__name__, number

    made = Class()
    return (
        made.method(3, plus=2),
        Class.method(made, 4),
        made.static(3),
        made.of_class(4),
        Class.method.__name__,
        Class.method.__doc__,
    )


def recursion(manager):
    @manager
    def factorial(number):
        return number * factorial(number - 1) if number else 1

    return factorial(5)


def generated(manager):
    @manager
    def numbers():
        yield 1

    return list(numbers())


ACTIONS = {
    "block": in_block,
    "block that fails": lambda manager: in_block(manager, KeyError("x")),
    "block that fails otherwise": lambda manager: in_block(manager, OSError("x")),
    "block that exits": lambda manager: in_block(manager, SystemExit(3)),
    "block in block": lambda manager: in_block(manager) and in_block(manager),
    "same block again inside": lambda manager: manager.__enter__() and in_block(manager),
    "call": lambda manager: manager(lambda a, b=2, *c, **d: (a, b, c, d))(1, x=3),
    "call that fails": lambda manager: manager(lambda: raises(KeyError("x")))(),
    "call that fails otherwise": lambda manager: manager(lambda: raises(OSError("x")))(),
    "wrong arguments": lambda manager: manager(lambda a: a)(),
    "recursion": recursion,
    "methods": decorated_method,
    "generator": generated,
    "coroutine": lambda manager: asyncio.run(awaited(manager)),
    "coroutine that fails": lambda manager: asyncio.run(awaited(manager, KeyError("x"))),
    "what a block gives": lambda manager: type(manager.__enter__()).__name__,
    "type": lambda manager: type(manager).__name__,
}

MANAGERS = {
    "exceptions": ("Counter", lambda m: m.count_exceptions()),
    "exceptions of a type": ("Counter", lambda m: m.count_exceptions(KeyError)),
    "exceptions of types": ("Counter", lambda m: m.count_exceptions((KeyError, SystemExit))),
    "exceptions by name": ("Counter", lambda m: m.count_exceptions(exception=BaseException)),
    "exceptions of no type": ("Counter", lambda m: m.count_exceptions("KeyError")),
    "in progress": ("Gauge", lambda m: m.track_inprogress()),
    "gauge time": ("Gauge", lambda m: m.time()),
    "histogram time": ("Histogram", lambda m: m.time()),
    "summary time": ("Summary", lambda m: m.time()),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("manager", MANAGERS)
@pytest.mark.parametrize("labelnames", [(), ("x",)])
def test_blocks_and_calls_are_counted_alike(both, manager, action, labelnames):
    kind, make = MANAGERS[manager]

    def run(library):
        registry = library.CollectorRegistry()
        metric = getattr(library, kind)("a", "", labelnames, registry=registry)
        child = metric.labels("v") if labelnames else metric
        try:
            given = ACTIONS[action](make(child))
        except (Exception, SystemExit) as error:  # noqa: BLE001
            given = type(error).__name__
        return given, counts(registry)

    both.agree(run)


def counts(registry):
    """Return what does not depend on how long something took."""
    durations = ("_sum", "_created", "_bucket")
    return [
        (sample.name, sample.labels, sample.value if sample.value in (0, 1) else "number")
        if family.type == "gauge"
        else (sample.name, sample.labels, sample.value)
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith(durations)
    ]


@pytest.mark.parametrize("kind", ["Gauge", "Histogram", "Summary"])
def test_the_labels_of_a_timer_can_be_chosen_in_the_block(both, kind):
    def run(library):
        registry = library.CollectorRegistry()
        metric = getattr(library, kind)("a", "", ["x", "y"], registry=registry)
        with metric.time() as timer:
            before = timer.duration
            given = timer.labels("v", 1)
        with metric.time() as other:
            other.labels(y=1, x="v")
        with metric.time() as third:
            third.labels(x="w", y=2)
        seen = [before, given, timer.duration >= 0]
        seen.append([sorted(s.labels.items()) for f in registry.collect() for s in f.samples])
        # Without labels it fails where the time should go.
        seen.append(outcome_in_words(in_block, metric.time())[0])
        seen.append(outcome_of(lambda timer: timer(lambda: 1)(), metric.time()))
        seen.append(outcome_in_words(metric.time().labels, "v")[0])
        seen.append(outcome_of(metric.time().labels, "v", 2))
        timer = metric.time()
        timer.labels("v", 3)
        timer(lambda: 1)()
        return seen, timer.duration, counts(registry)

    both.agree(run)


@pytest.mark.parametrize("kind", ["Gauge", "Histogram", "Summary"])
def test_what_a_timer_measures_is_what_is_observed(ours, kind):
    registry = ours.CollectorRegistry()
    metric = getattr(ours, kind)("a", "", registry=registry)
    with metric.time() as timer:
        assert timer.duration is None
    name = "a" if kind == "Gauge" else "a_sum"
    assert registry.get_sample_value(name) == timer.duration > 0


@pytest.mark.parametrize("kind", ["Gauge", "Histogram", "Summary"])
def test_timers_stand_in_tests_of_others(both, kind):
    def run(library):
        registry = library.CollectorRegistry()
        metric = getattr(library, kind)("a", "", registry=registry)
        method = "set" if kind == "Gauge" else "observe"
        with mock.patch.object(metric, method) as observed:
            with metric.time():
                pass
            metric.time()(lambda: 1)()
        with mock.patch.object(getattr(library, kind), method) as of_class, metric.time():
            pass
        return observed.call_count, of_class.call_count, counts(registry)

    both.agree(run)


def test_functions_of_gauges_are_asked_at_each_exposition(both):
    def run(library, registry):
        values = iter(range(100))
        gauge = library.Gauge("a", "", registry=registry)
        labelled = library.Gauge("b", "", ["x"], registry=registry)
        gauge.set(5)
        gauge.set_function(lambda: next(values))
        labelled.labels("v").set_function(lambda: next(values))
        labelled.labels("w").set(2)
        gauge.set(7)
        gauge.inc()
        seen = [samples(registry), shown(library, registry), gauge._value.get()]
        seen.append(registry.get_sample_value("b", {"x": "v"}))
        labelled.remove("v")
        labelled.labels("v")
        seen.append(samples(registry))
        labelled.labels("v").set_function(lambda: 3)
        labelled.clear()
        seen.append(samples(registry))
        gauge.set_function(lambda: True)
        return seen

    agree_on(both, run)


@pytest.mark.parametrize(
    "function", [lambda: raises(KeyError("x")), lambda: "x", lambda: "2.5", None, lambda: None]
)
def test_functions_of_gauges_that_fail_do_so_alike(both, function):
    def run(library):
        registry = library.CollectorRegistry()
        gauge = library.Gauge("a", "", registry=registry)
        gauge.set_function(function)
        return (
            outcome_of(samples, registry),
            outcome_of(lambda: library.generate_latest(registry).decode()),
            outcome_of(registry.get_sample_value, "a"),
        )

    both.agree(run)


def test_the_current_time_is_pythons(both):
    def run(library, registry):
        with mock.patch("time.time", return_value=1234.5):
            library.Gauge("a", "", registry=registry).set_to_current_time()
            library.Gauge("b", "", "x", registry=registry).labels(1).set_to_current_time()

    agree_on(both, run)


# Subclasses -------------------------------------------------------------------------------------


def subclasses(library, kind):
    """Return the ways in which other people extend a metric, each as a class."""
    base = getattr(library, kind)
    change = "observe" if hasattr(base, "observe") else "inc"

    class Plain(base):
        pass

    class WithInit(base):
        def __init__(self, name, documentation, labelnames=(), **options):
            super().__init__(f"x_{name}", documentation, labelnames, **options)

    class WithArgument(base):
        def __init__(self, *arguments, scale=2, **options):
            self.scale = scale
            super().__init__(*arguments, **options)
            self._kwargs["scale"] = scale

    class Doubling(base):
        def double(self, amount, *rest):
            getattr(super(), change)(amount * 2, *rest)

    setattr(Doubling, change, Doubling.double)

    class WithLabels(base):
        def labels(self, *values, **by_name):
            return super().labels(*[str(value).upper() for value in values], **by_name)

    class WithSamples(base):
        def _child_samples(self):
            return [
                *super()._child_samples(),
                library.metrics.Sample("_more", {"z": "1"}, 5.0, None, None),
            ]

    class WithCollect(base):
        def collect(self):
            for family in super().collect():
                family.documentation += " more"
                yield family

    class WithMetricInit(base):
        def _metric_init(self):
            super()._metric_init()
            self.made = self._labelvalues

        def _child_samples(self):
            return [
                *super()._child_samples(),
                library.metrics.Sample(f"_made{self.made}", {}, 1.0, None, None),
            ]

    class WithType(base):
        _reserved_labelnames = ("secret",)

    class WithSlotsAndState(Plain):
        total = 0

        def count(self):
            self.total += 1
            return self.total

    return [
        Plain,
        WithInit,
        WithArgument,
        Doubling,
        WithLabels,
        WithSamples,
        WithCollect,
        WithMetricInit,
        WithType,
        WithSlotsAndState,
    ]


SUBCLASS_COUNT = 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("index", range(SUBCLASS_COUNT))
@pytest.mark.parametrize("labelnames", [(), ("x",)])
def test_subclasses_work_alike(both, kind, index, labelnames):
    def run(library):
        registry = library.CollectorRegistry()
        cls = subclasses(library, kind)[index]
        metric = cls("a", "Help", labelnames, registry=registry)
        child = metric.labels("v") if labelnames else metric
        for amount in (1, 0.25, 3):
            operate(child, amount)
        if labelnames:
            operate(metric.labels(x="W"), 2)
            operate(metric.labels("v"), 2)
            metric.remove("v")
            operate(metric.labels("v"), 5)
            metric.labels("v")
        return (
            type(child) is cls,
            isinstance(child, library.metrics.MetricWrapperBase),
            issubclass(cls, library.registry.Collector),
            repr(child).rpartition(".")[2],
            getattr(child, "scale", None),
            child.count() + child.count() if hasattr(child, "count") else None,
            metric.labels("v") is metric.labels("v") if labelnames else None,
            outcome_of(cls, "b", "", ["secret"], registry=None) == "ValueError",
            samples(registry),
            shown(library, registry),
        )

    both.agree(run)


@pytest.mark.parametrize("kind", KINDS)
def test_classes_are_related_as_in_the_original(both, kind):
    def run(library):
        cls = getattr(library, kind)
        base = library.metrics.MetricWrapperBase
        return (
            cls.__name__,
            cls.__qualname__,
            cls.__module__,
            issubclass(cls, base),
            isinstance(cls("a", "", registry=None), base),
            issubclass(base, library.Counter),
            isinstance(cls("a", "", registry=None), (library.Info, library.Enum)),
            cls.__init__ is not object.__init__,
            bool(cls.__doc__),
        )

    both.agree(run)


def test_a_metric_whose_constructor_was_not_called_says_so(ours):
    class Careless(ours.Counter):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match="not initialised"):
        Careless().inc()


# What tests of others do ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_methods_can_be_patched(both, kind):
    def run(library, registry):
        cls = getattr(library, kind)
        name = "inc" if hasattr(cls, "inc") else "observe"
        metric = cls("a", "", registry=registry)
        parent = cls("b", "", ["x"], registry=registry)
        seen = []
        with mock.patch.object(metric, name) as patched:
            getattr(metric, name)(3)
            seen.append(patched.call_args_list)
        with mock.patch.object(parent.labels("v"), name) as patched:
            getattr(parent.labels("v"), name)(4)
            seen.append(patched.call_args_list)
        with mock.patch.object(parent, "labels") as patched:
            getattr(parent.labels("w"), name)(5)
            seen.append(str(patched.mock_calls))
        with mock.patch.object(cls, name, autospec=True) as patched:
            getattr(metric, name)(6)
            seen.append(len(patched.call_args_list))
        with mock.patch.object(cls, "labels") as patched:
            parent.labels("z")
            seen.append(patched.call_args_list)
        operate(metric)
        return [str(one) for one in seen]

    agree_on(both, run)


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_instance_gives_can_be_replaced(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", registry=registry)
        other = getattr(library, kind)("b", "", registry=registry)
        child = getattr(library, kind)("c", "", "x", registry=registry).labels(1)
        sample = library.metrics.Sample("_x", {}, 4.0, None, None)
        metric._child_samples = lambda: [sample]
        child._child_samples = lambda: [sample]
        with mock.patch.object(other, "collect", return_value=[]):
            return samples(registry), shown(library, registry)

    agree_on(both, run)


@pytest.mark.parametrize("kind", KINDS)
def test_of_labels_with_one_name_the_same_one_is_shown(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", ["x", "y", "x"], registry=registry)
        operate(metric.labels("p", "q", "r"), 2)
        return samples(registry), shown(library, registry)

    agree_on(both, run)


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        ("Counter", lambda metric: metric.inc(1, 2, 3)),
        ("Counter", lambda metric: metric.inc(wrong=1)),
        ("Gauge", lambda metric: metric.set()),
        ("Gauge", lambda metric: metric.dec(1, 2)),
        ("Histogram", lambda metric: metric.observe(wrong=1)),
        ("Summary", lambda metric: metric.observe()),
    ],
)
def test_wrong_arguments_are_said_of_the_method_that_got_them(both, kind, call):
    def run(library, registry):
        call(getattr(library, kind)("a", "", registry=registry))

    agree_on(both, run, raises=True)


@pytest.mark.parametrize("part", ["name", "documentation", "namespace", "subsystem", "unit"])
def test_a_part_of_a_name_that_is_no_text_is_named(ours, part):
    parts = {"name": "a", "documentation": "", part: 5}
    with pytest.raises(TypeError, match=f"{part} of .* expected text.* 5"):
        ours.Counter(**parts, registry=None)


def test_a_unit_of_none_is_no_unit(both):
    def run(library):
        registry = library.CollectorRegistry()
        library.Gauge("a", "", unit=None, registry=registry)
        return shown(library, registry)

    both.agree(run)


@pytest.mark.parametrize("kind", KINDS)
def test_metrics_are_copied_and_pickled_alike(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", registry=registry)
        return [outcome_of(action, metric) for action in (copy.deepcopy, pickle.dumps)]

    agree_on(both, run)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copied_metric_changes_the_same_values(both, kind):
    def run(library, registry):
        metric = getattr(library, kind)("a", "", registry=registry)
        metric.note = "kept"
        labelled = getattr(library, kind)("b", "", ["x"], registry=registry)
        copied = copy.copy(metric)
        operate(copied, 3)
        operate(copy.copy(labelled).labels("v"), 2)
        operate(copy.copy(labelled.labels("v")), 2)
        return copied.note, repr(copied), copied == metric

    agree_on(both, run)


def test_time_is_never_observed_as_negative(both):
    def run(library, registry):
        with mock.patch("time.time", return_value=5.0):
            gauge = library.Gauge("a", "", registry=registry)
        with gauge.time():
            time.get_clock_info("monotonic")
        return registry.get_sample_value("a") >= 0, gauge.set(0)

    agree_on(both, run)
