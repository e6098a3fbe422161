"""Counter, gauge, summary and histogram: native values, with the methods of prometheus_client."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Callable

from mephisto_metrics import _core
from mephisto_metrics.prometheus_client.context_managers import (
    ExceptionCounter,
    ExceptionTypes,
    InprogressTracker,
    Timer,
)
from mephisto_metrics.prometheus_client.created import created_samples
from mephisto_metrics.prometheus_client.from_within import NativeView, as_float
from mephisto_metrics.prometheus_client.native_metric import NativeMetric
from mephisto_metrics.prometheus_client.registry import REGISTRY, CollectorRegistry
from mephisto_metrics.prometheus_client.samples import Sample
from mephisto_metrics.prometheus_client.utils import floatToGoString
from mephisto_metrics.prometheus_client.validation import _validate_exemplar


@_core.own_methods
class Counter(_core.CounterCore, NativeMetric):
    """Counts events; only goes up. Its series is called `<name>_total`.

    failures = Counter("failures", "Calls that failed", ["method"])
    failures.labels("get_unit").inc()
    """

    _type = "counter"

    @property
    def _value(self) -> NativeView:
        return NativeView(self, self._get, self._put, bucket=0)

    def _inc(self, amount: float = 1, exemplar: dict[str, str] | None = None) -> None:
        self._raise_if_not_observable()
        if amount < 0:
            raise ValueError(
                "Counters can only be incremented by non-negative amounts. "
                f"Received: {amount}; a gauge can go down"
            )
        self._add(as_float(amount))
        if exemplar:
            _validate_exemplar(exemplar)
            self._keep_exemplar(0, exemplar, amount, time.time())

    def reset(self) -> None:
        """Start again at zero, created now: for a logical process that begins anew."""
        self._reset()

    def count_exceptions(self, exception: ExceptionTypes = Exception) -> ExceptionCounter:
        """Return a context manager and decorator that counts exceptions of these types."""
        self._raise_if_not_observable()
        return ExceptionCounter(self, exception)

    def _child_samples(self) -> Iterable[Sample]:
        sample = Sample("_total", {}, self._get(), None, self._exemplar_of(0))
        return (sample, *created_samples(self))


@_core.own_methods
class Gauge(_core.GaugeCore, NativeMetric):
    """A value that goes up and down.

    workers = Gauge("active_workers", "Workers that have an agent now")
    workers.set(3)
    """

    _type = "gauge"
    _MULTIPROC_MODES = frozenset(
        prefix + mode
        for mode in ("all", "min", "max", "sum", "mostrecent")
        for prefix in ("", "live")
    )
    _MOST_RECENT_MODES = frozenset(("mostrecent", "livemostrecent"))

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
        multiprocess_mode: str = "all",
    ) -> None:
        if multiprocess_mode not in self._MULTIPROC_MODES:
            raise ValueError(
                f"Invalid multiprocess mode: {multiprocess_mode}: "
                f"expected one of {', '.join(sorted(self._MULTIPROC_MODES))}"
            )
        if multiprocess_mode != "all":
            self._multiprocess_mode = multiprocess_mode
            # The mode is the children's as well, so they go through here.
            self._makes_children = True
        if multiprocess_mode in self._MOST_RECENT_MODES:
            self.inc = self._refuse("inc")  # type: ignore[method-assign]
            self.dec = self._refuse("dec")  # type: ignore[method-assign]
        super().__init__(
            name, documentation, labelnames, namespace, subsystem, unit, registry, _labelvalues
        )

    _multiprocess_mode = "all"

    def _own_kwargs(self) -> dict[str, Any]:
        return {"multiprocess_mode": self._multiprocess_mode}

    @staticmethod
    def _refuse(operation: str) -> Callable[..., None]:
        def refuse(amount: float = 1) -> None:  # noqa: ARG001
            raise RuntimeError(f"{operation} must not be used with the mostrecent mode")

        return refuse

    @property
    def _value(self) -> NativeView:
        return NativeView(self, self._get, self._put)

    def _inc(self, amount: float = 1) -> None:
        self._raise_if_not_observable()
        self._add(as_float(amount))

    def _dec(self, amount: float = 1) -> None:
        self._raise_if_not_observable()
        self._add(as_float(-amount))

    def _set(self, value: float) -> None:
        self._raise_if_not_observable()
        self._put(float(value))

    def set_to_current_time(self) -> None:
        """Set the value to now, in seconds since the Unix epoch."""
        self.set(time.time())

    def track_inprogress(self) -> InprogressTracker:
        """Return a context manager and decorator that adds one while a block or call runs."""
        self._raise_if_not_observable()
        return InprogressTracker(self)

    def time(self) -> Timer:
        """Return a context manager and decorator that sets the value to a duration in seconds."""
        return Timer(self, "set")

    def set_function(self, f: Callable[[], float]) -> None:
        """Let `f` give the value from now on; it may be called from several threads.

        Other ways to change the value have no effect on what is shown.
        """
        self._raise_if_not_observable()
        # An attribute, as the original has it: `__setattr__` lets expositions ask for it.
        self._child_samples = lambda: (Sample("", {}, float(f()), None, None),)  # type: ignore[method-assign]

    def drop_zero_series(self, after_seconds: float) -> None:
        """Forget each child that has been zero for `after_seconds`, as far as expositions see it.

        It begins anew when it is asked for again. Raises `ValueError` for a time below zero, and
        unless the gauge has labels that are still to come.
        """
        self._raise_unless_labels_are_to_come("drop_zero_series")
        if not after_seconds >= 0:
            raise ValueError(f"{self}: expected 0 seconds or more, received {after_seconds}")
        self._drop_zeros_after(after_seconds)

    def _child_samples(self) -> Iterable[Sample]:
        return (Sample("", {}, self._get(), None, None),)


@_core.own_methods
class Summary(_core.SummaryCore, NativeMetric):
    """Counts observations and adds them up.

    sizes = Summary("request_size_bytes", "Size of requests")
    sizes.observe(512)
    """

    _type = "summary"
    _reserved_labelnames = ("quantile",)

    @property
    def _count(self) -> NativeView:
        def put(count: float) -> None:
            self._put(int(count), self._get()[1])

        return NativeView(self, lambda: float(self._get()[0]), put)

    @property
    def _sum(self) -> NativeView:
        def put(total: float) -> None:
            self._put(self._get()[0], total)

        return NativeView(self, lambda: self._get()[1], put)

    def _observe(self, amount: float) -> None:
        self._raise_if_not_observable()
        self._record(as_float(amount))

    def _child_samples(self) -> Iterable[Sample]:
        count, total = self._get()
        return (
            Sample("_count", {}, float(count), None, None),
            Sample("_sum", {}, total, None, None),
            *created_samples(self),
        )


@_core.own_methods
class Histogram(_core.HistogramCore, NativeMetric):
    """Counts observations in buckets: rising upper bounds, to which +Inf is added.

    latency = Histogram("latency_seconds", "Time spent in a call")
    with latency.time():
        ...
    latency.quantile(0.99)

    With `native_histogram_bucket_factor`, such as 1.1, observations are counted in native buckets
    too, which grow by at most that factor and are shown to a Prometheus that asks for protobuf.
    Beyond `native_histogram_max_buckets` of them (0: any number) they become wider.
    """

    _type = "histogram"
    _reserved_labelnames = ("le",)
    DEFAULT_BUCKETS = tuple(_core.DEFAULT_BUCKETS)

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
        buckets: Sequence[float | str] = DEFAULT_BUCKETS,
        *,
        native_histogram_bucket_factor: float | None = None,
        native_histogram_max_buckets: int = 160,
    ) -> None:
        bounds = [float(bound) for bound in buckets]
        native = (native_histogram_bucket_factor, native_histogram_max_buckets)
        options = (bounds, None if native_histogram_bucket_factor is None else native)
        super().__init__(
            name,
            documentation,
            labelnames,
            namespace,
            subsystem,
            unit,
            registry,
            _labelvalues,
            (options,),
        )
        if self._makes_children:
            # For their constructor. Else there are none: see `NativeMetric` on attributes.
            self.__dict__["_given_buckets"] = buckets

    def _own_kwargs(self) -> dict[str, Any]:
        return {"buckets": self.__dict__.get("_given_buckets", self._upper_bounds)}

    @property
    def _sum(self) -> NativeView:
        return NativeView(self, lambda: self._get()[1], self._put_sum)

    @property
    def _buckets(self) -> list[NativeView]:
        return [self._bucket_view(index) for index in range(len(self._upper_bounds))]

    def _bucket_view(self, index: int) -> NativeView:
        def get() -> float:
            counts = self._get()[0]
            return float(counts[index] - (counts[index - 1] if index else 0))

        def put(count: float) -> None:
            self._put_bucket(index, int(count))

        return NativeView(self, get, put, bucket=index)

    def _observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        self._raise_if_not_observable()
        bucket = self._record(as_float(amount))
        if exemplar and bucket is not None:
            _validate_exemplar(exemplar)
            self._keep_exemplar(bucket, exemplar, amount, time.time())

    def quantile(self, quantile: float) -> float:
        """Return an estimate of a quantile (0 to 1) of all observations so far.

        The rule is that of PromQL's `histogram_quantile`: linear within a bucket, and the highest
        finite bound for what lies above it. Of a metric with labels it is over all children. NaN
        before the first observation.
        """
        children = self._children() if self._is_parent() else [self]
        readings = [child._get()[0] for child in children]
        counts = [sum(bucket) for bucket in zip(*readings)]
        return _core.bucket_quantile(quantile, self._upper_bounds, counts)

    def _child_samples(self) -> Iterable[Sample]:
        counts, total = self._get()
        bounds = self._upper_bounds
        samples = [
            Sample(
                "_bucket",
                {"le": floatToGoString(bound)},
                float(count),
                None,
                self._exemplar_of(index),
            )
            for index, (bound, count) in enumerate(zip(bounds, counts))
        ]
        samples.append(Sample("_count", {}, float(counts[-1]), None, None))
        # Negative observations can make a sum fall, which no counter may do.
        if bounds[0] >= 0:
            samples.append(Sample("_sum", {}, total, None, None))
        return (*samples, *created_samples(self))


# What is wrong with a call is said of the method that was called, which handed it on.
for _class in (Counter, Gauge, Histogram, Summary):
    for _name in ("inc", "dec", "set", "observe"):
        if f"_{_name}" in vars(_class):
            vars(_class)[f"_{_name}"].__qualname__ = f"{_class.__name__}.{_name}"
