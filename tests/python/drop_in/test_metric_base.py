"""Metrics in Python: `Info`, `Enum`, and classes that users derive from `MetricWrapperBase`."""

from __future__ import annotations

import threading

import pytest


def make_level(library):
    """Derive a metric as users do: it keeps the highest value that it was given."""

    class Level(library.metrics.MetricWrapperBase):
        _type = "gauge"
        _reserved_labelnames = ("reserved",)

        def __init__(self, *arguments, start=0.0, **options):
            self._start = start
            super().__init__(*arguments, **options)
            self._kwargs["start"] = start

        def _metric_init(self):
            self._value = library.values.ValueClass(
                self._type,
                self._name,
                self._name,
                self._labelnames,
                self._labelvalues,
                self._documentation,
            )
            self._value.set(self._start)

        def observe(self, value):
            self._raise_if_not_observable()
            self._value.set(max(value, self._value.get()))

        def _child_samples(self):
            return (library.core.Sample("", {}, self._value.get(), None, None),)

    return Level


@pytest.fixture
def levels():
    """Return what makes a level of a library in a registry of its own, with its options."""

    def make(library, name="level", documentation="Help", labelnames=(), **options):
        registry = library.CollectorRegistry()
        return make_level(library)(name, documentation, labelnames, registry=registry, **options)

    return make


NAMES = {
    "plain": ("a", {}),
    "parts": ("c", {"namespace": "a", "subsystem": "b", "unit": "bytes"}),
    "unit that is there": ("a_bytes", {"unit": "bytes"}),
    "no name": ("", {"namespace": "a"}),
    "UTF-8": ("a.b é", {"unit": "ä"}),
}


@pytest.mark.parametrize("case", NAMES)
@pytest.mark.parametrize("kind", ["level", "info", "enum"])
def test_names_are_built_alike(both, levels, kind, case):
    name, options = NAMES[case]

    def make(library):
        if kind == "level":
            metric = levels(library, name, **options)
        elif kind == "info":
            metric = library.Info(name, "Help", registry=None, **options)
        else:
            metric = library.Enum(name, "Help", registry=None, states=["x"], **options)
        return str(metric), metric.describe(), metric._name, metric._unit

    both.agree(make)


def test_a_metric_keeps_what_other_peoples_code_reads(both, levels):
    def read(library):
        parent = levels(
            library, "c", labelnames=["x"], namespace="a", subsystem="b", unit="bytes", start=2
        )
        child = parent.labels(1)
        names = [
            "_name",
            "_original_name",
            "_namespace",
            "_subsystem",
            "_unit",
            "_documentation",
            "_labelnames",
            "_labelvalues",
            "_type",
            "_kwargs",
        ]
        return (
            [(getattr(parent, name), getattr(child, name)) for name in names],
            list(parent._metrics) == [("1",)],
            parent._metrics["1",] is child,
            bool(parent._is_parent()),
            bool(child._is_parent()),
            bool(parent._is_observable()),
            bool(child._is_observable()),
            parent._lock.locked(),
            parent._get_metric(),
        )

    both.agree(read)


def test_a_metric_tells_what_it_is(both, levels):
    def tell(library):
        metric = levels(library)
        info = library.Info("build", "", registry=None)
        return str(metric), repr(metric).rpartition(".")[2], str(info), repr(info)

    both.agree(tell)


CALLS = {
    "by position": lambda level: level.labels("x", 1),
    "by name": lambda level: level.labels(app=1, zone="x"),
    "by another order": lambda level: level.labels(zone="x", app=1),
    "too few": lambda level: level.labels("x"),
    "too many": lambda level: level.labels("x", 1, 2),
    "none": lambda level: level.labels(),
    "wrong name": lambda level: level.labels(zone="x", apq=1),
    "a name too few": lambda level: level.labels(zone="x"),
    "both ways": lambda level: level.labels("x", app=1),
    "of a child": lambda level: level.labels("x", 1).labels("y", 2),
    "objects as text": lambda level: level.labels(None, 1.5),
    "without values": lambda level: level.observe(1),
}


@pytest.mark.parametrize("call", CALLS)
def test_children_are_found_alike(both, levels, call):
    def find(library):
        level = levels(library, labelnames=["zone", "app"])
        child = CALLS[call](level)
        child.observe(3)
        return child._labelvalues, CALLS[call](level) is child, level.collect()

    both.agree(find)


def test_wrong_labels_are_told_with_what_was_expected_and_received(ours, levels):
    level = levels(ours, labelnames=["zone", "app"])
    with pytest.raises(ValueError, match=r"expected zone, app, received zone, apq"):
        level.labels(zone=1, apq=2)
    with pytest.raises(ValueError, match=r"expected 2 \(zone, app\), received 1"):
        level.labels(1)
    with pytest.raises(ValueError, match=r"missing label values: expected zone, app"):
        level.observe(1)


def test_labels_of_a_metric_without_label_names_are_refused(both, levels):
    both.agree(lambda library: levels(library).labels("x"))


@pytest.mark.parametrize("names", [["reserved"], ["__zone"], [""], "ab"])
def test_label_names_are_taken_alike(both, levels, names):
    if names == ["reserved"]:
        # The reference's words have a slip of the pen.
        with pytest.raises(ValueError, match="Reserved label metric name: reserved"):
            levels(both.ours, labelnames=names)
    else:
        both.agree(lambda library: levels(library, labelnames=names)._labelnames)


REMOVALS = {
    "one child": lambda level: level.remove("x", 1),
    "a child that is not there": lambda level: level.remove("x", 7),
    "too few values": lambda level: level.remove("x"),
    "by one label": lambda level: level.remove_by_labels({"zone": "x"}),
    "by all labels": lambda level: level.remove_by_labels({"zone": "x", "app": 1}),
    "by no label": lambda level: level.remove_by_labels({}),
    "by an unknown label": lambda level: level.remove_by_labels({"zome": "x"}),
    "by what is no dict": lambda level: level.remove_by_labels([("zone", "x")]),
    "all": lambda level: level.clear(),
}


@pytest.mark.parametrize("removal", REMOVALS)
@pytest.mark.parametrize("labelnames", [("zone", "app"), ()])
def test_children_are_removed_alike(both, levels, removal, labelnames):
    def remove(library):
        level = levels(library, labelnames=labelnames)
        if labelnames:
            for zone, app in [("x", 1), ("y", 1), ("x", 2)]:
                level.labels(zone, app).observe(1)
        return REMOVALS[removal](level), level.collect()

    both.agree(remove)


def test_a_removed_child_is_made_anew(both, levels):
    def remove(library):
        level = levels(library, labelnames=["zone"], start=1)
        child = level.labels("x")
        child.observe(5)
        level.remove("x")
        return level.labels("x") is child, level.collect()

    both.agree(remove)


def test_threads_get_the_same_child(ours, levels):
    level = levels(ours, labelnames=["zone"])
    barrier = threading.Barrier(8)
    children = []

    def find():
        barrier.wait()
        children.append(level.labels("x"))

    threads = [threading.Thread(target=find) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, children))) == 1


def test_a_class_without_its_two_methods_says_which_is_missing(both):
    def make(library):
        class Bare(library.metrics.MetricWrapperBase):
            _type = "gauge"

        return Bare("a", "", registry=None)

    both.agree(make)

    def collect(library):
        class NoSamples(library.metrics.MetricWrapperBase):
            _type = "gauge"

            def _metric_init(self):
                pass

        return NoSamples("a", "", registry=None).collect()

    both.agree(collect)


INFOS = {
    "set": lambda info: info.info({"version": "1", "host": "a@b"}),
    "overlapping": lambda info: info.info({"zone": "x"}),
    "none as value": lambda info: info.info({"version": None}),
    "nothing": lambda info: info.info({}),
    "no dict": lambda info: info.info(1),
}


@pytest.mark.parametrize("case", INFOS)
@pytest.mark.parametrize("labelnames", [(), ("zone",)])
def test_infos_are_set_alike(both, case, labelnames):
    def run(library):
        info = library.Info("build", "Help", labelnames, registry=None)
        child = info.labels("x") if labelnames else info
        return INFOS[case](child), info.collect()

    both.agree(run)


def test_an_info_does_not_follow_the_dict_that_it_was_given(both):
    def run(library):
        info, value = library.Info("build", "Help", registry=None), {"version": "1"}
        info.info(value)
        value["version"] = "2"
        return info.collect()

    both.agree(run)


ENUMS = {
    "the first": lambda enum: enum.state("starting"),
    "another": lambda enum: enum.state("stopped"),
    "unknown": lambda enum: enum.state("stoped"),
}


@pytest.mark.parametrize("case", ENUMS)
@pytest.mark.parametrize("labelnames", [(), ("zone",)])
@pytest.mark.parametrize("states", [["starting", "stopped"], ("starting", "stopped")])
def test_enums_are_set_alike(both, case, labelnames, states):
    def run(library):
        enum = library.Enum("task", "Help", labelnames, registry=None, states=states)
        child = enum.labels("x") if labelnames else enum
        return ENUMS[case](child), enum.collect()

    both.agree(run)


@pytest.mark.parametrize(
    "options",
    [{}, {"states": []}, {"states": ["x"], "labelnames": ["task"]}, {"states": ["x"], "unit": "s"}],
)
def test_enums_are_refused_alike(both, options):
    both.agree(lambda library: library.Enum("task", "Help", registry=None, **options).collect())


def test_an_enum_without_its_label_values_is_refused(both):
    def run(library):
        return library.Enum("task", "", ["zone"], registry=None, states=["x"]).state("x")

    both.agree(run)


def test_the_state_of_an_enum_is_one_of_its_states(ours):
    enum = ours.Enum("task", "", registry=None, states=["starting", "stopped"])
    with pytest.raises(ValueError, match="expected starting, stopped, received 'stoped'"):
        enum.state("stoped")


def test_values_are_numbers_with_an_exemplar(both):
    def run(library):
        value = library.values.get_value_class()("gauge", "a", "a", (), (), "", unknown=1)
        value.inc(2)
        value.inc(-0.5)
        before = value.get(), value.get_exemplar()
        value.set(7, timestamp=3)
        value.set_exemplar("exemplar")
        return before, value.get(), value.get_exemplar(), value._multiprocess

    both.agree(run)
