"""Counter, gauge, summary and histogram with their values in objects of `values.ValueClass`.

So the values of several processes get into files: such objects are the real prometheus_client's,
and its `MultiProcessCollector` reads their files. A metric comes here in its constructor, by
becoming an object of a subclass of its class; nothing of this is in the way of native values.
"""

from __future__ import annotations

import math
import time
import types
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from mephisto_metrics.prometheus_client import values
from mephisto_metrics.prometheus_client.handing_on import original_module
from mephisto_metrics.prometheus_client.instruments import Counter, Gauge, Histogram, Summary
from mephisto_metrics.prometheus_client.metric_base import MetricWrapperBase
from mephisto_metrics.prometheus_client.native_metric import NativeMetric
from mephisto_metrics.prometheus_client.samples import Exemplar
from mephisto_metrics.prometheus_client.utils import floatToGoString

OVERFLOW = "overflow"

MORE_LABELS = ("",) * 4
"""With them a native family has more labels than native calls look for."""


def initialise(metric: NativeMetric, native_options: tuple[Any, ...], *identity: Any) -> None:
    """Do what the constructor of `metric` does, with values that are not native."""
    if not metric._is_in_files:
        metric.__class__ = class_in_files(type(metric))
    metric._native_options = native_options
    MetricWrapperBase.__init__(metric, *identity)


def class_in_files(native: type[NativeMetric]) -> type[NativeMetric]:
    """Return the subclass of a class of metrics, maybe a user's, whose values are not native."""
    known: type[NativeMetric] | None = vars(native).get("_class_in_files")
    if known is None:
        ours = next(kind for kind in IN_FILES if issubclass(native, kind))
        bases = (_Unannounced, *(() if native is ours else (native,)), IN_FILES[ours])
        known = types.new_class(native.__name__, bases)
        for name in ("__module__", "__qualname__", "__doc__"):
            setattr(known, name, getattr(native, name))
        native._class_in_files = known  # type: ignore[attr-defined]
    return known


def _raise_unless_installed(multiprocess_mode: str) -> None:
    """Raise `ValueError` for a mode that the real prometheus_client got in a later release."""
    if not values.are_in_files():
        return
    known = original_module("metrics").Gauge._MULTIPROC_MODES
    if multiprocess_mode not in known:
        raise ValueError(
            f"Invalid multiprocess mode: {multiprocess_mode}: the prometheus_client that is "
            f"installed has {', '.join(sorted(known))}; a later release has more"
        )


class _Unannounced:
    """Keeps the `__init_subclass__` of a user's class from hearing of the class made of it here."""

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None: ...


class _Own:
    """In the place of a native attribute: an object has one of its own, or none."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, metric: object, owner: type) -> Any:
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self._name!r}")


class InFiles(NativeMetric):
    """A metric with names, children and values in Python.

    Of the native part there is an empty family with more labels than the metric has. So no native
    call finds a child there, and each hands on to the method with an underscore.
    """

    _is_in_files = True
    _limit: float = math.inf
    _overflow_count = 0

    _name: Any = _Own()
    _original_name: Any = _Own()
    _namespace: Any = _Own()
    _subsystem: Any = _Own()
    _documentation: Any = _Own()
    _unit: Any = _Own()
    _labelnames: Any = _Own()
    _labelvalues: Any = _Own()
    _kwargs: Any = _Own()
    _lock: Any = _Own()
    _metrics: Any = _Own()
    _created: Any = _Own()
    _native_options: tuple[Any, ...]
    _value: Any

    # What the native classes do beyond that is for the native part.
    __setattr__ = object.__setattr__  # type: ignore[assignment]
    _make_child = MetricWrapperBase._make_child

    def _set_identity(self, name: str, documentation: str, *further: Any) -> None:
        super()._set_identity(name, documentation, *further)
        label_names = (*self._labelnames, *MORE_LABELS)
        origin = (name, self._namespace, self._subsystem)
        options = self._native_options
        self._create(self._name, documentation, self._unit, label_names, origin, *options)
        self._set_needs_interpreter()
        self._kwargs = self._own_kwargs()

    def _new_value(
        self, suffix: str, label: tuple[str, ...] = (), value: tuple[str, ...] = (), **options: Any
    ) -> Any:
        return values.ValueClass(
            self._type,
            self._name,
            self._name + suffix,
            self._labelnames + label,
            self._labelvalues + value,
            self._documentation,
            **options,
        )

    def _labels(self, *labelvalues: object, **labelkwargs: object) -> Any:
        wanted = self._ordered_label_values(labelvalues, labelkwargs)
        with self._lock:
            if wanted not in self._metrics:
                wanted = self._within_limit(wanted)
            if wanted not in self._metrics:
                self._metrics[wanted] = self._make_child(wanted)
            return self._metrics[wanted]

    def _within_limit(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        if len(self._metrics) < self._limit:
            return wanted
        self._overflow_count += 1
        return (OVERFLOW,) * len(wanted)

    def _set_limit(self, limit: int) -> None:
        self._limit = limit

    def _children(self) -> list[Any]:
        with self._lock:
            return list(self._metrics.values())

    def _forget(self, labelvalues: tuple[str, ...]) -> None:
        with self._lock:
            self._metrics.pop(labelvalues, None)
        # The native part remembers what `labels` has given.
        super()._clear()

    def _clear(self) -> None:
        with self._lock:
            self._metrics = {}
        super()._clear()

    def _value_with_exemplar(self, bucket: int) -> Any:
        return self._value

    def _exemplar_of(self, bucket: int) -> Exemplar | None:
        exemplar: Exemplar | None = self._value_with_exemplar(bucket).get_exemplar()
        return exemplar

    def _keep_exemplar(
        self, bucket: int, labels: Mapping[str, str], value: float, timestamp_seconds: float
    ) -> None:
        exemplar = Exemplar(dict(labels), value, timestamp_seconds)
        self._value_with_exemplar(bucket).set_exemplar(exemplar)


class CounterInFiles(InFiles, Counter):
    """A counter with one such object."""

    _value: Any = _Own()
    inc = Counter._inc

    def _metric_init(self) -> None:
        self._value = self._new_value("_total")
        self._created = time.time()

    def _add(self, amount: float) -> None:
        self._value.inc(amount)

    def _get(self) -> float:
        return float(self._value.get())

    def _reset(self) -> None:
        self._value.set(0)
        self._created = time.time()


class GaugeInFiles(InFiles, Gauge):
    """A gauge with one, of the file of its `multiprocess_mode`."""

    _value: Any = _Own()
    inc = Gauge._inc
    dec = Gauge._dec
    set = Gauge._set

    def _set_identity(self, *identity: Any) -> None:
        _raise_unless_installed(self._multiprocess_mode)
        super()._set_identity(*identity)

    def _metric_init(self) -> None:
        self._value = self._new_value("", multiprocess_mode=self._multiprocess_mode)

    def _add(self, amount: float) -> None:
        self._value.inc(amount)

    def _take_to_zero(self, amount: float) -> None:
        self._value.inc(-min(amount, max(self._value.get(), 0.0)))

    def _put(self, value: float) -> None:
        if self._multiprocess_mode in self._MOST_RECENT_MODES:
            self._value.set(value, timestamp=time.time())
        else:
            self._value.set(value)

    def _get(self) -> float:
        return float(self._value.get())

    def drop_zero_series(self, after_seconds: float) -> None:
        """Refuse what is refused otherwise, and warn: what is in a file stays there."""
        super().drop_zero_series(after_seconds)
        values.warn_if_in_files(f"series in files stay: those of {self} at zero are not dropped")


class SummaryInFiles(InFiles, Summary):
    """A summary with one each for count and sum."""

    _count: Any = _Own()
    _sum: Any = _Own()
    observe = Summary._observe

    def _metric_init(self) -> None:
        self._count = self._new_value("_count")
        self._sum = self._new_value("_sum")
        self._created = time.time()

    def _record(self, amount: float) -> None:
        self._count.inc(1)
        self._sum.inc(amount)

    def _get(self) -> tuple[Any, float]:
        return self._count.get(), self._sum.get()


class HistogramInFiles(InFiles, Histogram):
    """A histogram with one for the sum and one for each bucket; native buckets are not kept."""

    _sum: Any = _Own()
    _buckets: Any = _Own()
    observe = Histogram._observe

    def _metric_init(self) -> None:
        self._bounds = self._upper_bounds
        self._sum = self._new_value("_sum")
        self._buckets = [
            self._new_value("_bucket", ("le",), (floatToGoString(bound),)) for bound in self._bounds
        ]
        self._created = time.time()

    def _record(self, amount: float) -> int | None:
        self._sum.inc(amount)
        for index, bound in enumerate(self._bounds):
            if amount <= bound:
                self._buckets[index].inc(1)
                return index
        return None

    def _get(self) -> tuple[list[Any], float]:
        return list(accumulate(bucket.get() for bucket in self._buckets)), self._sum.get()

    def _value_with_exemplar(self, bucket: int) -> Any:
        return self._buckets[bucket]


IN_FILES: dict[type[NativeMetric], type[InFiles]] = {
    Counter: CounterInFiles,
    Gauge: GaugeInFiles,
    Summary: SummaryInFiles,
    Histogram: HistogramInFiles,
}
