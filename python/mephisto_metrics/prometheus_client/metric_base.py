"""What all metrics have in common, in Python, for classes of our own and of users.

A class derived from `MetricWrapperBase` gives `_type`, `_metric_init()` and `_child_samples()`.
With label names an object is a parent, and `labels()` makes its children, of the same class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

from mephisto_metrics.prometheus_client.metrics_core import Metric, without_total
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector, CollectorRegistry
from mephisto_metrics.prometheus_client.samples import Sample
from mephisto_metrics.prometheus_client.validation import (
    _validate_labelnames,
    _validate_metric_name,
)
from mephisto_metrics.prometheus_client.values import warn_if_in_files

MetricType = TypeVar("MetricType", bound="MetricWrapperBase")

# A class that derives from this can do without a `__dict__`, and one with it keeps its state there.
NO_SLOTS: tuple[str, ...] = ()

TYPES_WITHOUT_UNIT = ("info", "stateset")

REMOVAL = "Removal of labels has not been implemented in  multi-process mode yet."
CLEARING = "Clearing labels has not been implemented in multi-process mode yet"
"""What the original says, letter for letter, for who filters these warnings."""


class MetricWrapperBase(Collector):
    """A metric: one series, or a parent of one child for each combination of label values."""

    __slots__ = NO_SLOTS

    _type: str | None = None
    _reserved_labelnames: Sequence[str] = ()

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
    ) -> None:
        self._set_identity(
            name, documentation, labelnames, namespace, subsystem, unit, _labelvalues
        )
        if self._is_parent():
            self._lock = Lock()
            self._metrics: dict[tuple[str, ...], Any] = {}
        else:
            self._metric_init()
        self._register_in(registry)

    def _set_identity(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str],
        namespace: str,
        subsystem: str,
        unit: str,
        labelvalues: Sequence[str] | None,
    ) -> None:
        """Keep what the metric is called; `ValueError` for names that it cannot have."""
        self._original_name = name
        self._namespace = namespace
        self._subsystem = subsystem
        self._name = build_full_name(self._type, name, namespace, subsystem, unit)
        self._labelnames = _validate_labelnames(self, labelnames)
        self._labelvalues = tuple(labelvalues or ())
        self._kwargs: dict[str, Any] = {}
        self._documentation = documentation
        self._unit = unit
        _validate_metric_name(self._name)

    def _register_in(self, registry: CollectorRegistry | None) -> None:
        """Register, unless this is a child: its parent is registered."""
        if registry and not self._labelvalues:
            registry.register(self)

    def _is_observable(self) -> bool:
        return not self._is_parent()

    def _raise_if_not_observable(self) -> None:
        if self._is_parent():
            raise ValueError(
                f"{self._type} metric is missing label values: expected "
                f"{', '.join(self._labelnames)}; call labels() first"
            )

    def _is_parent(self) -> bool:
        return bool(self._labelnames and not self._labelvalues)

    def _get_metric(self) -> Metric:
        return Metric(self._name, self._documentation, str(self._type), self._unit)

    def describe(self) -> Iterable[Metric]:
        """Return the family without samples, for the registry to learn its names."""
        return [self._get_metric()]

    def collect(self) -> Iterable[Metric]:
        """Return the family with the samples of all children."""
        family = self._get_metric()
        for suffix, labels, value, timestamp, exemplar, native_histogram in self._samples():
            name = self._name + suffix
            family.add_sample(name, labels, value, timestamp, exemplar, native_histogram)
        return [family]

    def __str__(self) -> str:
        return f"{self._type}:{self._name}"

    def __repr__(self) -> str:
        return f"{type(self).__module__}.{type(self).__name__}({self._name})"

    def labels(self: MetricType, *labelvalues: object, **labelkwargs: object) -> MetricType:
        """Return the child for these label values, by position or by keyword.

        It is made at the first call, and the same object from then on. Raises `ValueError` unless
        there is a value for each label name, and for a metric that has no label names.
        """
        values = self._ordered_label_values(labelvalues, labelkwargs)
        with self._lock:
            child = self._metrics.get(values)
            if child is None:
                child = self._metrics[values] = self._make_child(values)
            return child

    def _ordered_label_values(
        self, values: Sequence[object], by_name: Mapping[str, object]
    ) -> tuple[str, ...]:
        """Return label values as text, in the names' order; `ValueError` if they do not fit."""
        self._raise_if_without_label_names()
        if self._labelvalues:
            labels = dict(zip(self._labelnames, self._labelvalues))
            raise ValueError(
                f"{self} already has labels set ({labels}); can not chain calls to .labels()"
            )
        if values and by_name:
            raise ValueError(
                "Can't pass both *args and **kwargs: expected all label values by position, or "
                f"all by name, received {len(values)} and {len(by_name)}"
            )
        if not by_name:
            self._raise_unless_count_fits(values)
            return tuple(str(value) for value in values)
        if sorted(by_name) != sorted(self._labelnames):
            raise ValueError(
                f"Incorrect label names: expected {', '.join(self._labelnames)}, "
                f"received {', '.join(by_name)}"
            )
        return tuple(str(by_name[name]) for name in self._labelnames)

    def _raise_unless_count_fits(self, values: Sequence[object]) -> None:
        if len(values) != len(self._labelnames):
            raise ValueError(
                f"Incorrect label count: expected {len(self._labelnames)} "
                f"({', '.join(self._labelnames)}), received {len(values)}"
            )

    def _raise_if_without_label_names(self) -> None:
        if not self._labelnames:
            raise ValueError(
                f"No label names were set when constructing {self}: give it labelnames, or "
                "use it as it is"
            )

    def _make_child(self: MetricType, values: tuple[str, ...]) -> MetricType:
        of_every_metric = ("namespace", "subsystem", "unit")
        return type(self)(
            self._original_name,
            documentation=self._documentation,
            labelnames=self._labelnames,
            namespace=self._namespace,
            subsystem=self._subsystem,
            unit=self._unit,
            _labelvalues=values,
            **{key: value for key, value in self._kwargs.items() if key not in of_every_metric},
        )

    def remove(self, *labelvalues: Any) -> None:
        """Forget the child for these label values; without one do nothing."""
        warn_if_in_files(REMOVAL)
        self._raise_if_without_label_names()
        if len(labelvalues) != len(self._labelnames):
            raise ValueError(
                f"Incorrect label count (expected {len(self._labelnames)}, got {labelvalues})"
            )
        with self._lock:
            self._metrics.pop(tuple(str(value) for value in labelvalues), None)

    def remove_by_labels(self, labels: dict[str, str]) -> None:
        """Forget the children that have all these label values; for no labels do nothing."""
        warn_if_in_files(REMOVAL)
        wanted = self._positions_of(labels)
        with self._lock:
            self._metrics = {
                values: child
                for values, child in self._metrics.items()
                if not wanted or any(values[place] != value for place, value in wanted)
            }

    def _positions_of(self, labels: dict[str, str]) -> list[tuple[int, str]]:
        self._raise_if_without_label_names()
        if not isinstance(labels, dict):
            raise TypeError(
                "labels must be a dict of {label_name: label_value}: "
                f"received {type(labels).__name__}"
            )
        unknown = [name for name in labels if name not in self._labelnames]
        if unknown:
            raise ValueError(f"Unknown label names: {unknown}; expected {self._labelnames}")
        return [(self._labelnames.index(name), str(value)) for name, value in labels.items()]

    def clear(self) -> None:
        """Forget all children."""
        if self._labelnames:
            warn_if_in_files(CLEARING)
            with self._lock:
                self._metrics = {}

    def _samples(self) -> Iterable[Sample]:
        return self._multi_samples() if self._is_parent() else self._child_samples()

    def _multi_samples(self) -> Iterable[Sample]:
        with self._lock:
            children = list(self._metrics.items())
        for values, child in children:
            labels = dict(zip(self._labelnames, values))
            for suffix, more_labels, *rest in child._samples():
                yield Sample(suffix, {**labels, **more_labels}, *rest)

    def _child_samples(self) -> Iterable[Sample]:
        """Return the samples of a child, each called what is behind the family's name."""
        raise NotImplementedError(f"_child_samples() must be implemented by {self!r}")

    def _metric_init(self) -> None:
        """Set up the values of a child, or of a metric without labels."""
        raise NotImplementedError(f"_metric_init() must be implemented by {self!r}")


def build_full_name(
    metric_type: str | None, name: str, namespace: str, subsystem: str, unit: str
) -> str:
    """Return a family's name: `namespace_subsystem_name_unit`, without a counter's `_total`.

    Raises `ValueError` without a name, and for a unit of a type that cannot have one; `TypeError`
    for a part that is no text.
    """
    if not name:
        raise ValueError("Metric name should not be empty: expected at least one character")
    for what, part in (
        ("namespace", namespace),
        ("subsystem", subsystem),
        ("name", name),
        ("unit", unit),
    ):
        if part and not isinstance(part, str):
            raise TypeError(f"{what} of a metric: expected text, received {part!r}")
    full_name = "_".join(part for part in (namespace, subsystem, name) if part)
    if metric_type == "counter":
        full_name = without_total(full_name)
    if unit and not full_name.endswith(f"_{unit}"):
        full_name = f"{full_name}_{unit}"
    if unit and metric_type in TYPES_WITHOUT_UNIT:
        raise ValueError(
            f"Metric name is of a type that cannot have a unit: {full_name}: "
            f"received the unit {unit} for a metric of type {metric_type}"
        )
    return full_name
