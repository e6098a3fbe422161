"""What the native metrics have in common: all that is not called often.

`inc`, `set`, `observe` and `labels` are native, and end here only in unusual cases, in the method
of the same name with an underscore.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from mephisto_metrics.prometheus_client.from_within import Children
from mephisto_metrics.prometheus_client.metric_base import (
    CLEARING,
    REMOVAL,
    MetricWrapperBase,
    build_full_name,
)
from mephisto_metrics.prometheus_client.registry import REGISTRY, CollectorRegistry
from mephisto_metrics.prometheus_client.samples import Exemplar, Sample
from mephisto_metrics.prometheus_client.validation import (
    _validate_labelnames,
    _validate_metric_name,
)
from mephisto_metrics.prometheus_client.values import are_native, warn_if_in_files

MetricType = TypeVar("MetricType", bound="NativeMetric")

PER_SAMPLE_METHODS = ("collect", "_samples", "_multi_samples", "_child_samples", "_get_metric")
"""A class that replaces one of these decides in Python what its samples are."""

DECIDE_ON_SAMPLES = frozenset(PER_SAMPLE_METHODS)


class _Making(threading.local):
    """What a thread is making children of, innermost last: their constructors cannot be told."""

    def __init__(self) -> None:
        self.parents: list[NativeMetric] = []


_making = _Making()


class NativeMetric(MetricWrapperBase):
    """A metric whose values are native.

    An object without label values has no attributes of its own: a call of a method then needs no
    look into its `__dict__`.
    """

    __slots__ = ()

    _makes_children = False
    """Whether `labels` calls the class for a new child, because that has its own `__init__`."""
    _decides_on_samples = False
    _is_in_files = False

    # All native.
    _origin: tuple[str, str, str] | None
    _name: str
    _documentation: str
    _unit: str
    _labelnames: tuple[str, ...]
    _labelvalues: tuple[str, ...]
    _parent: Any
    _created: float
    _exemplars: list[tuple[int, list[tuple[str, str]], float, float]]
    _overflow_count: int
    _create: Any
    _attach: Any
    _introduce: Any
    _share: Any
    _child: Any
    _find: Any
    _children: Any
    _remove: Any
    _clear: Any
    _reset: Any
    _set_needs_interpreter: Any
    _let_class_make_children: Any
    _let_attribute_observe: Any
    _set_limit: Any
    _put_exemplar: Any

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        foreign = not cls.__init__.__module__.startswith(__package__)
        cls._makes_children = foreign or cls._metric_init is not NativeMetric._metric_init
        cls._decides_on_samples = any(
            not getattr(cls, name).__module__.startswith(__package__) for name in PER_SAMPLE_METHODS
        )

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
        _native_options: tuple[Any, ...] = (),
    ) -> None:
        if self._is_in_files or not are_native():
            from mephisto_metrics.prometheus_client.in_files import initialise

            initialise(
                self,
                _native_options,
                name,
                documentation,
                labelnames,
                namespace,
                subsystem,
                unit,
                registry,
                _labelvalues,
            )
            return
        if _labelvalues:
            self._attach(_making.parents[-1], _labelvalues)
        else:
            full_name = build_full_name(self._type, name, namespace, subsystem, unit)
            labelnames = _validate_labelnames(self, labelnames)
            _validate_metric_name(full_name)
            if not isinstance(documentation, str):
                raise TypeError(
                    f"documentation of {full_name}: expected text, received {documentation!r}"
                )
            origin = (name, namespace, subsystem)
            self._create(full_name, documentation, unit or "", labelnames, origin, *_native_options)
        if self._makes_children:
            self._let_class_make_children()
        if self._decides_on_samples:
            self._set_needs_interpreter()
        if self._is_observable():
            self._metric_init()
        self._register_in(registry)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in DECIDE_ON_SAMPLES:
            self._set_needs_interpreter()
        if name == "observe":
            self._let_attribute_observe()
        parent = self._parent
        if parent is not None:
            # What a child is given has to be there when it is asked for again.
            parent._kept[self._labelvalues] = self

    def __copy__(self: MetricType) -> MetricType:
        copied = type(self).__new__(type(self))
        copied._share(self)
        copied.__dict__.update(self.__dict__)
        return copied

    @property
    def _names(self) -> tuple[str, str, str]:
        names: tuple[str, str, str] = self._origin or self._parent._names
        return names

    @property
    def _original_name(self) -> str:  # type: ignore[override]
        return self._names[0]

    @property
    def _namespace(self) -> str:  # type: ignore[override]
        return self._names[1]

    @property
    def _subsystem(self) -> str:  # type: ignore[override]
        return self._names[2]

    def _metric_init(self) -> None:
        """Do nothing: a class that derives from this may set up what it has more."""

    @property
    def _kwargs(self) -> dict[str, Any]:  # type: ignore[override]
        """What a child's constructor gets beside what all metrics get, and a class adds to."""
        kwargs: dict[str, Any] = self.__dict__.setdefault("_kwargs_kept", self._own_kwargs())
        return kwargs

    def _own_kwargs(self) -> dict[str, Any]:
        return {}

    def _labels(self: MetricType, *labelvalues: object, **labelkwargs: object) -> MetricType:
        values = self._ordered_label_values(labelvalues, labelkwargs)
        return self._child(values)  # type: ignore[no-any-return]

    def _make_child(self: MetricType, values: tuple[str, ...]) -> MetricType:
        _making.parents.append(self)
        try:
            child: MetricType = super()._make_child(values)._introduce()
        finally:
            _making.parents.pop()
        # It may have attributes of its own, so it has to stay the same object.
        self._kept[values] = child
        return child

    @property
    def _kept(self) -> dict[tuple[str, ...], Any]:
        kept: dict[tuple[str, ...], Any] = self.__dict__.setdefault("_children_kept", {})
        return kept

    @property
    def _metrics(self) -> Any:
        """The children by their label values, as they are now."""
        self._raise_unless_parent("_metrics")
        return Children(self)

    @_metrics.setter
    def _metrics(self, children: Mapping[tuple[str, ...], Any]) -> None:
        for values in [values for values in self._metrics if values not in children]:
            self._forget(values)

    @property
    def _lock(self) -> Any:  # type: ignore[override]
        """For code that locks while it looks at `_metrics`; nothing here needs it."""
        self._raise_unless_parent("_lock")
        return self.__dict__.setdefault("_lock_kept", threading.Lock())

    def _raise_unless_parent(self, name: str) -> None:
        if not self._is_parent():
            raise AttributeError(f"{self!r} has no {name}: it has no children")

    def remove(self, *labelvalues: Any) -> None:
        """Forget the child for these label values; without one do nothing."""
        warn_if_in_files(REMOVAL)
        self._raise_if_without_label_names()
        self._raise_unless_parent("remove")
        if len(labelvalues) != len(self._labelnames):
            raise ValueError(
                f"Incorrect label count (expected {len(self._labelnames)}, got {labelvalues})"
            )
        self._forget(tuple(str(value) for value in labelvalues))

    def remove_by_labels(self, labels: dict[str, str]) -> None:
        """Forget the children that have all these label values; for no labels do nothing."""
        warn_if_in_files(REMOVAL)
        wanted = self._positions_of(labels)
        self._raise_unless_parent("remove_by_labels")
        for child in self._children() if wanted else ():
            values = child._labelvalues
            if all(values[place] == value for place, value in wanted):
                self._forget(values)

    def _forget(self, values: tuple[str, ...]) -> None:
        self._remove(values)
        if "_children_kept" in self.__dict__:
            self._kept.pop(values, None)

    def clear(self) -> None:
        """Forget all children."""
        if self._labelnames:
            warn_if_in_files(CLEARING)
            self._raise_unless_parent("clear")
            self._clear()
            self.__dict__.pop("_children_kept", None)

    def limit_series(self, limit: int) -> None:
        """Let no more than `limit` children be made.

        Further label values share one child, whose label values are all `overflow`: nothing goes
        uncounted, and a label that grows without end cannot take all memory. Raises `ValueError`
        for a limit below zero, and unless the metric has labels that are still to come.
        """
        self._raise_unless_labels_are_to_come("limit_series")
        if limit < 0:
            raise ValueError(f"{self}: expected a limit of 0 or more series, received {limit}")
        self._set_limit(limit)

    def _raise_unless_labels_are_to_come(self, method: str) -> None:
        if not self._is_parent():
            raise ValueError(
                f"{self}: {method} is about the series of all label values, expected a metric with "
                "label names before its labels() is called"
            )

    @property
    def overflow_count(self) -> int:
        """How often a new child was asked for beyond the limit."""
        return self._overflow_count

    def _multi_samples(self) -> Iterable[Sample]:
        for child in self._children():
            labels = dict(zip(self._labelnames, child._labelvalues))
            for suffix, more_labels, *rest in child._samples():
                yield Sample(suffix, {**labels, **more_labels}, *rest)

    def _exemplar_of(self, bucket: int) -> Exemplar | None:
        for index, labels, value, timestamp_seconds in self._exemplars:
            if index == bucket:
                return Exemplar(dict(labels), value, timestamp_seconds)
        return None

    def _keep_exemplar(
        self, bucket: int, labels: Mapping[str, str], value: float, timestamp_seconds: float
    ) -> None:
        self._put_exemplar(bucket, list(labels.items()), value, timestamp_seconds)
