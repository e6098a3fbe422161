"""How well-known packages use prometheus_client, in a few lines each, on both libraries."""

from __future__ import annotations

import functools
from contextlib import ExitStack

import pytest

from mephisto_metrics.prometheus_client import REGISTRY as OUR_REGISTRY


def plain_samples(registry):
    return sorted(
        (sample.name, sorted(sample.labels.items()), sample.value)
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith(("_created", "_sum")) and "le" not in sample.labels
    )


def test_middleware_that_makes_its_metrics_once_by_name(both):
    """As starlette_exporter: one dictionary of metrics for the class, made at the first request."""

    def run(library):
        registry = library.CollectorRegistry()

        class Middleware:
            metrics = {}  # noqa: RUF012 - shared by all, as there

            @property
            def request_count(self):
                name = "web_requests_total"
                if name not in self.metrics:
                    self.metrics[name] = library.Counter(
                        name, "Total requests", ("method", "path", "status"), registry=registry
                    )
                return self.metrics[name]

            def handle(self, *labels, exemplar=None):
                extra = {"exemplar": exemplar} if exemplar else {}
                self.request_count.labels(*labels).inc(**extra)

        for _ in range(3):
            Middleware().handle("GET", "/a", 200, exemplar={"trace_id": "1"})
        Middleware().handle("POST", "/a", 500)
        return plain_samples(registry)

    both.agree(run)


def test_instrumentation_that_reuses_what_is_registered(both):
    """As prometheus-fastapi-instrumentator: it takes up the duplicate that it is told of."""

    def run(library):
        registry = library.CollectorRegistry()

        def instrument():
            try:
                return library.Histogram("latency", "L", ["handler"], registry=registry)
            except ValueError as error:
                if "Duplicated timeseries" not in str(error):
                    raise
                return registry._names_to_collectors["latency"]

        first, second = instrument(), instrument()
        first.labels("a").observe(1)
        second.labels(handler="a").observe(2)
        return first is second, first._labelnames, plain_samples(registry)

    both.agree(run)


def test_models_that_are_counted_in_a_subclass_of_a_mixin(both):
    """As django-prometheus: counters with a namespace, raised in methods of a mixin."""

    def run(library):
        registry = library.CollectorRegistry()
        inserts = library.Counter("inserts", "I", ["model"], namespace="app", registry=registry)

        def mixin(model):
            inserts.labels(model)

            class Mixin:
                def save(self):
                    inserts.labels(model).inc()
                    return inserts.labels(model)._value.get()

            return Mixin

        class Dog(mixin("dog")):
            pass

        mixin("cat")
        return [Dog().save(), Dog().save()], plain_samples(registry)

    both.agree(run)


def test_exporters_that_label_by_callable_after_the_response(both):
    """As prometheus-flask-exporter: a decorator that picks labels from a response."""

    def run(library):
        registry = library.CollectorRegistry()

        def track(metric, act, **labels):
            def decorator(function):
                @functools.wraps(function)
                def call(*arguments):
                    with ExitStack() as stack:
                        stack.callback(lambda: None)
                        response = function(*arguments)
                    values = {k: v(response) if callable(v) else v for k, v in labels.items()}
                    act(metric.labels(**values) if values else metric)
                    return response

                return call

            return decorator

        counter = library.Counter("calls", "C", ("status", "kind"), registry=registry)
        gauge = library.Gauge("in_use", "G", registry=registry)

        @track(counter, lambda metric: metric.inc(), status=lambda r: r["status"], kind="x")
        @track(gauge, lambda metric: metric.inc(2))
        def view(status):
            return {"status": status}

        return [view(200), view(404), view(200)], plain_samples(registry)

    both.agree(run)


def test_collectors_that_make_families_at_each_collection(both):
    def run(library):
        core = library.core

        class Collector:
            def __init__(self):
                self.asked = 0

            def collect(self):
                self.asked += 1
                gauge = core.GaugeMetricFamily("queue", "Q", labels=["name"])
                gauge.add_metric(["a"], self.asked)
                yield gauge
                yield core.CounterMetricFamily("done", "D", value=7)

        registry = library.CollectorRegistry(auto_describe=True)
        collector = Collector()
        registry.register(collector)
        text = library.generate_latest(registry)
        registry.unregister(collector)
        return text, collector.asked, library.generate_latest(registry)

    both.agree(run)


def test_a_fixture_that_unregisters_all(both):
    def run(library):
        registry = library.CollectorRegistry()
        for kind in ("Counter", "Gauge", "Histogram", "Summary"):
            getattr(library, kind)(kind, "", ["x"], registry=registry).labels("v")
        library.Info("build", "", registry=registry)
        names = sorted(registry._names_to_collectors)
        for collector in list(registry._collector_to_names):
            registry.unregister(collector)
        again = library.Counter("Counter", "", registry=registry)
        again.inc()
        return names, list(registry._names_to_collectors), plain_samples(registry)

    both.agree(run)


def test_a_fixture_that_unregisters_by_name(both):
    def run(library):
        registry = library.CollectorRegistry()
        library.Gauge("x", "", registry=registry)
        collectors = tuple(registry._collector_to_names.keys())
        registry.unregister(registry._names_to_collectors["x"])
        return len(collectors), "x" in registry._names_to_collectors, plain_samples(registry)

    both.agree(run)


def test_a_fixture_that_sets_all_values_back(both):
    """As test suites do between tests, since there is no method for it."""

    def run(library):
        registry = library.CollectorRegistry()
        counter = library.Counter("c", "", ["x"], registry=registry)
        histogram = library.Histogram("h", "", buckets=[1, 2], registry=registry)
        counter.labels("v").inc(3)
        histogram.observe(1.5)
        for collector in list(registry._collector_to_names):
            if hasattr(collector, "_metrics"):
                for child in list(collector._metrics.values()):
                    child._value.set(0)
            elif collector._type == "histogram":
                collector._sum.set(0)
                for bucket in collector._buckets:
                    bucket.set(0)
        before = plain_samples(registry)
        with counter._lock:
            counter._metrics.clear()
        return before, plain_samples(registry), library.generate_latest(registry).count(b"\nc_")

    both.agree(run)


def test_a_test_that_reads_the_difference(both):
    """As `prometheus_client` users assert: the value before and after."""

    def run(library):
        registry = library.CollectorRegistry()
        counter = library.Counter("jobs", "", ["state"], registry=registry)
        before = registry.get_sample_value("jobs_total", {"state": "done"}) or 0
        counter.labels(state="done").inc()
        after = registry.get_sample_value("jobs_total", {"state": "done"})
        [family] = counter.collect()
        by_name = {sample.name: sample.labels for sample in family.samples}
        return after - before, by_name, counter.labels("done")._value.get()

    both.agree(run)


@pytest.mark.parametrize("name", ["_collector_to_names", "_names_to_collectors"])
def test_the_registry_of_all_can_be_walked(name):
    assert len(list(getattr(OUR_REGISTRY, name))) > 0
