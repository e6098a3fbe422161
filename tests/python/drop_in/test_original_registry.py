"""Metrics that somebody registers in the real prometheus_client appear in ours, once."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def real(reference, monkeypatch):
    """The real prometheus_client of this process, with an empty default registry."""
    monkeypatch.setitem(sys.modules, "prometheus_client", reference.package)
    registry = reference.CollectorRegistry(auto_describe=True)
    monkeypatch.setattr(reference.package, "REGISTRY", registry)
    return reference


@pytest.fixture
def registry(ours):
    """A registry of ours that shows the real one."""
    registry = ours.CollectorRegistry()
    ours.module("original_registry").OriginalRegistryCollector(registry)
    return registry


def names(registry):
    return [family.name for family in registry.collect()]


def test_the_default_registry_shows_the_real_one(ours, real):
    real.Gauge("only_in_the_real_one", "Help", registry=real.REGISTRY).set(7)
    assert ours.REGISTRY.get_sample_value("only_in_the_real_one") == 7
    assert b"only_in_the_real_one 7.0\n" in ours.generate_latest()


def test_metrics_of_the_real_registry_are_shown_as_they_are_now(ours, real, registry):
    counter = real.Counter("jobs", "Jobs \\ done", ["zone"], registry=real.REGISTRY)
    counter.labels("a").inc(2)
    text = ours.generate_latest(registry).decode()
    assert "# HELP jobs_total Jobs \\\\ done\n" in text
    assert 'jobs_total{zone="a"} 2.0\n' in text
    counter.labels("a").inc()
    assert registry.get_sample_value("jobs_total", {"zone": "a"}) == 3


@pytest.mark.parametrize(
    ("our_name", "their_name"), [("jobs", "jobs"), ("jobs_total", "jobs"), ("jobs", "jobs_info")]
)
def test_a_name_that_both_registries_have_appears_once_as_ours(
    ours, real, registry, our_name, their_name
):
    ours.Info(our_name, "Ours", registry=registry).info({"a": "b"})
    real.Counter(their_name, "Theirs", registry=real.REGISTRY)
    real.Gauge("other", "Theirs", registry=real.REGISTRY)
    shown = {family.name: family.documentation for family in registry.collect()}
    assert shown == {our_name: "Ours", "other": "Theirs"}


def test_a_name_of_the_real_registry_can_be_used_in_ours(ours, real, registry):
    real.Gauge("depth", "Theirs", registry=real.REGISTRY).set(1)
    ours.Info("depth", "Ours", registry=registry)
    assert names(registry) == ["depth"]


def test_a_restricted_registry_shows_metrics_of_the_real_one(ours, real, registry):
    for name in ("depth", "other"):
        real.Gauge(name, "Theirs", registry=real.REGISTRY).set(1)
    assert ours.generate_latest(registry.restricted_registry(["depth"])).endswith(b"\ndepth 1.0\n")


def test_a_real_registry_that_holds_ours_shows_each_metric_once(ours, real, registry):
    real.Gauge("theirs", "", registry=real.REGISTRY).set(1)
    ours.Info("ours", "", registry=registry)
    real.REGISTRY.register(registry)
    assert names(real.REGISTRY) == ["theirs", "ours"]
    assert sorted(names(registry)) == ["ours", "theirs"]
    assert ours.generate_latest(registry).count(b"# TYPE") == 2


def test_without_the_real_prometheus_client_there_is_nothing_to_show(registry, monkeypatch):
    monkeypatch.delitem(sys.modules, "prometheus_client", raising=False)
    assert names(registry) == []


def test_a_real_prometheus_client_that_is_being_imported_has_nothing_to_show(
    reference, registry, monkeypatch
):
    monkeypatch.setitem(sys.modules, "prometheus_client", object())
    assert names(registry) == []


def test_ours_in_the_place_of_the_real_one_is_not_shown_twice(ours, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", ours.package)
    assert ours.generate_latest().count(b"# TYPE python_info ") == 1


def test_a_broken_collector_of_the_real_registry_is_logged_once_and_costs_no_others(
    real, registry, caplog
):
    class Broken:
        def describe(self):
            return []

        def collect(self):
            raise OSError("cannot be asked")

    real.Gauge("before", "", registry=real.REGISTRY)
    real.REGISTRY.register(Broken())
    real.Gauge("after", "", registry=real.REGISTRY)
    assert names(registry) == names(registry) == ["before", "after"]
    assert [record.exc_info[1].args[0] for record in caplog.records] == ["cannot be asked"]
