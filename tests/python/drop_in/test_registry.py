"""Registries: what they hold, what they refuse, what they show."""

from __future__ import annotations

import pytest


class Custom:
    """A collector as users write them, without `describe()`."""

    def __init__(self, *families):
        self.families = families
        self.collections = 0

    def collect(self):
        self.collections += 1
        return self.families


class Described(Custom):
    def describe(self):
        return self.families


def gauge(library, name="depth", value=1, **labels):
    family = library.core.GaugeMetricFamily(name, "Help", labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def every_type(library):
    return [
        library.core.CounterMetricFamily("c", "Help", 1, created=2),
        library.core.SummaryMetricFamily("s", "Help", 1, 2),
        library.core.HistogramMetricFamily("h", "Help", [("1", 1), ("+Inf", 2)], 3),
        library.core.GaugeHistogramMetricFamily("g", "Help", [("1", 1), ("+Inf", 2)], 3),
        library.core.InfoMetricFamily("i", "Help", {"a": "b"}),
        library.core.StateSetMetricFamily("e", "Help", {"a": True}),
        library.core.UnknownMetricFamily("u", "Help", 1),
    ]


@pytest.mark.parametrize("auto_describe", [False, True])
@pytest.mark.parametrize("collector", [Custom, Described])
def test_names_are_learnt_alike(both, collector, auto_describe):
    def register(library):
        registry = library.CollectorRegistry(auto_describe=auto_describe)
        registry.register(collector(*every_type(library)))
        return sorted(registry._names_to_collectors), list(registry._collector_to_names.values())

    both.agree(register)


def test_collectors_are_asked_in_the_order_of_registration(both):
    def collect(library):
        registry = library.CollectorRegistry()
        for name in ("z", "a", "m"):
            registry.register(Custom(gauge(library, name)))
        return list(registry.collect()), library.generate_latest(registry)

    both.agree(collect)


def test_a_name_is_taken_once(both):
    def register(library):
        registry = library.CollectorRegistry()
        registry.register(Described(*every_type(library)))
        try:
            registry.register(Described(gauge(library, "c_total"), gauge(library, "s_sum")))
        except library.core.DuplicateTimeseries as error:
            is_value_error = isinstance(error, ValueError)
            return is_value_error, sorted(error.duplicates), len(registry._collector_to_names)
        raise AssertionError("two collectors with the same name")

    both.agree(register)


def test_a_taken_name_is_told(both):
    def register(library):
        raise library.core.DuplicateTimeseries({"depth"})

    both.agree(register)


def test_a_collector_without_names_is_asked_once_however_often_it_is_registered(both):
    def register(library):
        registry, collector = library.CollectorRegistry(), Custom(gauge(library))
        registry.register(collector)
        registry.register(collector)
        return list(registry.collect()), library.generate_latest(registry)

    both.agree(register)


def test_what_is_unregistered_frees_its_names(both):
    def unregister(library):
        registry = library.CollectorRegistry(auto_describe=True)
        first, second = Custom(gauge(library)), Custom(gauge(library, value=2))
        registry.register(first)
        registry.unregister(first)
        empty = library.generate_latest(registry)
        registry.register(second)
        return empty, list(registry.collect()), library.generate_latest(registry)

    both.agree(unregister)


def test_what_is_not_registered_cannot_be_unregistered(both):
    def unregister(library):
        try:
            library.CollectorRegistry().unregister(Custom())
        except KeyError as error:
            return isinstance(error.args[0], Custom)
        return False

    both.agree(unregister)


@pytest.mark.parametrize("names", [["depth"], ["c_total"], ["nothing"], [], ["h_sum", "u", "e"]])
@pytest.mark.parametrize("support", [False, True])
def test_a_restricted_registry_shows_some_series_only(both, names, support):
    def restrict(library):
        registry = library.CollectorRegistry(support_collectors_without_names=support)
        registry.register(Described(*every_type(library)))
        registry.register(Custom(gauge(library)))
        restricted = registry.restricted_registry(iter(names))
        assert isinstance(restricted, library.registry.RestrictedRegistry)
        text = library.generate_latest(restricted)
        registry.register(Described(gauge(library, "later")))
        return list(restricted.collect()), text

    both.agree(restrict)


def test_a_restricted_registry_asks_only_whom_it_needs(ours):
    registry = ours.CollectorRegistry()
    asked, spared = Described(gauge(ours, "a")), Described(gauge(ours, "b"))
    registry.register(asked)
    registry.register(spared)
    list(registry.restricted_registry(["a"]).collect())
    assert (asked.collections, spared.collections) == (1, 0)


TARGETS = {
    "as it was": [],
    "set": [{"a": "b"}],
    "replaced": [{"a": "b"}, {"c": "d"}],
    "taken away": [{"a": "b"}, None],
    "emptied": [{"a": "b"}, {}],
}


@pytest.mark.parametrize("case", TARGETS)
@pytest.mark.parametrize("at_first", [None, {"first": "x"}])
def test_target_info_is_shown_alike(both, case, at_first):
    def show(library):
        registry = library.CollectorRegistry(target_info=at_first)
        for labels in TARGETS[case]:
            registry.set_target_info(labels)
        registry.register(Described(gauge(library)))
        return (
            registry.get_target_info(),
            list(registry.collect()),
            library.generate_latest(registry),
            library.module("openmetrics.exposition").generate_latest(registry),
            list(registry.restricted_registry(["target_info"]).collect()),
            "target_info" in registry._names_to_collectors,
        )

    both.agree(show)


def test_target_info_is_a_name_like_any_other(both):
    def register(library):
        registry = library.CollectorRegistry(target_info={"a": "b"})
        registry.register(Described(gauge(library, "target_info")))

    def set_it(library):
        registry = library.CollectorRegistry()
        registry.register(Described(gauge(library, "target_info")))
        registry.set_target_info({"a": "b"})

    both.agree(register)
    both.agree(set_it)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("depth", {"zone": "x"}),
        ("depth", {"zone": "y"}),
        ("depth", {}),
        ("depth", None),
        ("c_total", None),
        ("h_bucket", {"le": "+Inf"}),
        ("target_info", {"a": "b"}),
        ("nothing", None),
    ],
)
def test_a_sample_is_found_by_name_and_labels(both, name, labels):
    def find(library):
        registry = library.CollectorRegistry(target_info={"a": "b"})
        registry.register(Custom(gauge(library, zone="x"), *every_type(library)))
        return registry.get_sample_value(name, labels)

    both.agree(find)


def test_any_object_with_collect_is_a_collector(both):
    def derive(library):
        class Derived(library.registry.Collector):
            def __init__(self):
                self.state = 1

        derived = Derived()
        return derived.state, derived.collect()

    both.agree(derive)
    both.agree(lambda library: library.registry.Collector())


def test_a_metric_registers_itself(both):
    def make(library):
        registry = library.CollectorRegistry()
        library.Info("build", "Help", ["zone"], registry=registry).labels("x").info({"a": "b"})
        return sorted(registry._names_to_collectors), library.generate_latest(registry)

    both.agree(make)
    both.agree(lambda library: [make(library), library.Info("build", "", registry=None)][0])


def test_a_metric_of_a_taken_name_is_refused(both):
    def make(library):
        registry = library.CollectorRegistry()
        library.Info("build", "Help", registry=registry)
        library.Enum("build_info", "Help", states=["a"], registry=registry)

    both.agree(make)


def test_a_registry_that_collects_in_its_own_way_is_asked(both):
    def derive(library):
        class Doubled(library.CollectorRegistry):
            def collect(self):
                return [family for family in super().collect() for _ in range(2)]

        registry = Doubled()
        registry.register(Custom(gauge(library)))
        return library.generate_latest(registry)

    assert both.agree(derive).count(b"# TYPE") == 2


def test_a_broken_collector_is_the_callers_to_know(both):
    class Broken:
        def collect(self):
            raise OSError("cannot be asked")

    def show(library):
        registry = library.CollectorRegistry()
        registry.register(Broken())
        return library.generate_latest(registry)

    both.agree(show)
    both.agree(lambda library: library.CollectorRegistry(auto_describe=True).register(Broken()))


CHANGES_FROM_OUTSIDE = {
    "emptied": lambda known, _: known.clear(),
    "one deleted": lambda known, first: known.__delitem__(first),
    "one popped": lambda known, first: known.pop(first),
    "last popped": lambda known, _: known.popitem(),
    "one updated": lambda known, first: known.update({first: ["x"]}),
    "one set by default": lambda known, first: known.setdefault(first),
}
"""What tests of others do to a registry between themselves."""


@pytest.mark.parametrize("case", CHANGES_FROM_OUTSIDE)
def test_what_is_done_to_the_collectors_from_outside_is_shown(both, case):
    def change(library):
        registry = library.CollectorRegistry()
        first, second = Custom(gauge(library, "a")), Custom(gauge(library, "b"))
        registry.register(first)
        registry.register(second)
        CHANGES_FROM_OUTSIDE[case](registry._collector_to_names, first)
        return library.generate_latest(registry), len(registry._collector_to_names)

    both.agree(change)


@pytest.mark.parametrize("in_place", [False, True])
def test_a_registry_that_is_emptied_from_outside_takes_names_anew(both, in_place):
    def empty(library):
        registry = library.CollectorRegistry()
        library.Gauge("a", "", registry=registry).set(1)
        if in_place:
            registry._collector_to_names.clear()
            registry._names_to_collectors.clear()
        else:
            registry._collector_to_names, registry._names_to_collectors = {}, {}
        emptied = library.generate_latest(registry)
        library.Gauge("a", "", registry=registry).set(2)
        return emptied, library.generate_latest(registry)

    both.agree(empty)


def test_collectors_that_are_put_back_from_outside_are_shown(both):
    def put_back(library):
        registry = library.CollectorRegistry()
        registry.register(Custom(gauge(library, "a")))
        kept = dict(registry._collector_to_names)
        registry._collector_to_names.clear()
        registry._collector_to_names = kept
        return library.generate_latest(registry)

    both.agree(put_back)
