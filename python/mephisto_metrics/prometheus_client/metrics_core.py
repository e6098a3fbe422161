"""Metric families: what collectors give and expositions show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Any, Optional, Union

from mephisto_metrics.prometheus_client.samples import (
    Exemplar,
    NativeHistogram,
    Sample,
    Timestamp,
)
from mephisto_metrics.prometheus_client.validation import _validate_metric_name

METRIC_TYPES = (
    "counter",
    "gauge",
    "summary",
    "histogram",
    "gaugehistogram",
    "unknown",
    "info",
    "stateset",
)

Moment = Optional[Union[Timestamp, float]]
"""When a sample was taken, in seconds since the epoch; None: at the scrape."""

Bucket = Union[tuple[str, float], tuple[str, float, Exemplar]]
"""An upper bound as text, the count up to it, and an exemplar if there is one."""


class Metric:  # noqa: PLW1641 - samples are added, so there is nothing to hash
    """A family and its samples, which `add_sample` adds.

    `unit` is appended to the name unless it ends so. Raises `ValueError` for an invalid name or a
    type that is none of `METRIC_TYPES`.
    """

    def __init__(self, name: str, documentation: str, typ: str, unit: str = "") -> None:
        if unit and not name.endswith(f"_{unit}"):
            name = f"{name}_{unit}"
        _validate_metric_name(name)
        typ = "unknown" if typ == "untyped" else typ
        if typ not in METRIC_TYPES:
            raise ValueError(
                f"Invalid metric type: {typ}: expected one of {', '.join(METRIC_TYPES)}"
            )
        self.name = name
        self.documentation = documentation
        self.unit = unit
        self.type = typ
        self.samples: list[Sample] = []

    def add_sample(
        self,
        name: str,
        labels: dict[str, str],
        value: float,
        timestamp: Moment = None,
        exemplar: Exemplar | None = None,
        native_histogram: NativeHistogram | None = None,
    ) -> None:
        """Add one sample; `name` is the series' full name, suffix included."""
        self.samples.append(Sample(name, labels, value, timestamp, exemplar, native_histogram))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Metric) and self._parts() == other._parts()

    def __repr__(self) -> str:
        name, documentation, kind, unit, samples = self._parts()
        return f"Metric({name}, {documentation}, {kind}, {unit}, {samples})"

    def _parts(self) -> tuple[Any, ...]:
        return self.name, self.documentation, self.type, self.unit, self.samples

    def _restricted_metric(self, names: Set[str]) -> Metric | None:
        """Return a copy with the samples of these names only, None if there are none."""
        samples = [sample for sample in self.samples if sample[0] in names]
        if not samples:
            return None
        restricted = Metric(self.name, self.documentation, self.type)
        restricted.samples = samples
        return restricted


class _LabelledFamily(Metric):
    """What families for custom collectors have in common: one value, or names of labels."""

    def _set_label_names(
        self, labels: Iterable[str] | None, value: object, value_name: str = "value"
    ) -> None:
        if labels is not None and value is not None:
            raise ValueError(
                f"Can only specify at most one of {value_name} and labels. "
                f"Received both for {self.name}: give labelled values to add_metric()"
            )
        self._labelnames = tuple(labels or ())

    def _add(
        self,
        suffix: str,
        labels: Iterable[str],
        value: float,
        timestamp: Moment,
        exemplar: Exemplar | None = None,
        more_labels: dict[str, str] | None = None,
    ) -> None:
        named = {**dict(zip(self._labelnames, labels)), **(more_labels or {})}
        self.samples.append(Sample(self.name + suffix, named, value, timestamp, exemplar))

    def _add_buckets(
        self, labels: Sequence[str], buckets: Iterable[Bucket], timestamp: Moment
    ) -> None:
        for bound, count, *exemplars in buckets:
            exemplar = next(iter(exemplars), None)
            self._add("_bucket", labels, count, timestamp, exemplar, {"le": bound})


class _ValueFamily(_LabelledFamily):
    """A family with one value for each set of label values."""

    _type: str

    def __init__(
        self,
        name: str,
        documentation: str,
        value: float | None = None,
        labels: Sequence[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, self._type, unit)
        self._set_label_names(labels, value)
        if value is not None:
            self.add_metric([], value)

    def add_metric(self, labels: Sequence[str], value: float, timestamp: Moment = None) -> None:
        """Add the value for these label values."""
        self._add("", labels, value, timestamp)


class UnknownMetricFamily(_ValueFamily):
    """A family of which only the numbers are known, for custom collectors."""

    _type = "unknown"


UntypedMetricFamily = UnknownMetricFamily
"""The name that OpenMetrics replaced."""


class CounterMetricFamily(_LabelledFamily):
    """A counter for custom collectors; its series is called `<name>_total`."""

    def __init__(
        self,
        name: str,
        documentation: str,
        value: float | None = None,
        labels: Sequence[str] | None = None,
        created: float | None = None,
        unit: str = "",
        exemplar: Exemplar | None = None,
    ) -> None:
        super().__init__(without_total(name), documentation, "counter", unit)
        self._set_label_names(labels, value)
        if value is not None:
            self.add_metric([], value, created, exemplar=exemplar)

    def add_metric(
        self,
        labels: Sequence[str],
        value: float,
        created: float | None = None,
        timestamp: Moment = None,
        exemplar: Exemplar | None = None,
    ) -> None:
        """Add the value for these label values; `created` is in seconds since the epoch."""
        self._add("_total", labels, value, timestamp, exemplar)
        if created is not None:
            self._add("_created", labels, created, timestamp)


class GaugeMetricFamily(_ValueFamily):
    """A gauge for custom collectors."""

    _type = "gauge"


class SummaryMetricFamily(_LabelledFamily):
    """A count and a sum of observations, for custom collectors."""

    def __init__(
        self,
        name: str,
        documentation: str,
        count_value: int | None = None,
        sum_value: float | None = None,
        labels: Sequence[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "summary", unit)
        if (sum_value is None) != (count_value is None):
            raise ValueError(
                "count_value and sum_value must be provided together. "
                f"Received {count_value} and {sum_value} for {self.name}"
            )
        self._set_label_names(labels, count_value)
        if count_value is not None and sum_value is not None:
            self.add_metric([], count_value, sum_value)

    def add_metric(
        self,
        labels: Sequence[str],
        count_value: int,
        sum_value: float,
        timestamp: Moment = None,
    ) -> None:
        """Add count and sum for these label values."""
        self._add("_count", labels, count_value, timestamp)
        self._add("_sum", labels, sum_value, timestamp)


class HistogramMetricFamily(_LabelledFamily):
    """A histogram for custom collectors."""

    def __init__(
        self,
        name: str,
        documentation: str,
        buckets: Sequence[Bucket] | None = None,
        sum_value: float | None = None,
        labels: Sequence[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "histogram", unit)
        if sum_value is not None and buckets is None:
            raise ValueError(
                "sum value cannot be provided without buckets. "
                f"Received {sum_value} for {self.name}"
            )
        self._set_label_names(labels, buckets, "buckets")
        if buckets is not None:
            self.add_metric([], buckets, sum_value)

    def add_metric(
        self,
        labels: Sequence[str],
        buckets: Sequence[Bucket],
        sum_value: float | None,
        timestamp: Moment = None,
    ) -> None:
        """Add the buckets for these label values: cumulative, rising, the last one `+Inf`.

        There is no sum, and so no count, where a bound is negative or `sum_value` is None.
        """
        self._add_buckets(labels, buckets, timestamp)
        if float(buckets[0][0]) >= 0 and sum_value is not None:
            self._add("_count", labels, buckets[-1][1], timestamp)
            self._add("_sum", labels, sum_value, timestamp)


class GaugeHistogramMetricFamily(_LabelledFamily):
    """A histogram whose counts can fall, for custom collectors."""

    def __init__(
        self,
        name: str,
        documentation: str,
        buckets: Sequence[tuple[str, float]] | None = None,
        gsum_value: float | None = None,
        labels: Sequence[str] | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "gaugehistogram", unit)
        self._set_label_names(labels, buckets, "buckets")
        if buckets is not None:
            self.add_metric([], buckets, gsum_value)

    def add_metric(
        self,
        labels: Sequence[str],
        buckets: Sequence[tuple[str, float]],
        gsum_value: float | None,
        timestamp: Moment = None,
    ) -> None:
        """Add the buckets for these label values: cumulative, rising, the last one `+Inf`."""
        self._add_buckets(labels, buckets, timestamp)
        self._add("_gcount", labels, buckets[-1][1], timestamp)
        self._add("_gsum", labels, gsum_value, timestamp)  # type: ignore[arg-type]


class InfoMetricFamily(_LabelledFamily):
    """Text about something, as labels of a series that is always 1, for custom collectors."""

    def __init__(
        self,
        name: str,
        documentation: str,
        value: dict[str, str] | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, documentation, "info")
        self._set_label_names(labels, value)
        if value is not None:
            self.add_metric([], value)

    def add_metric(
        self, labels: Sequence[str], value: dict[str, str], timestamp: Moment = None
    ) -> None:
        """Add the text for these label values."""
        self._add("_info", labels, 1, timestamp, more_labels=value)


class StateSetMetricFamily(_LabelledFamily):
    """Which of some states are on, for custom collectors."""

    def __init__(
        self,
        name: str,
        documentation: str,
        value: dict[str, bool] | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, documentation, "stateset")
        self._set_label_names(labels, value)
        if value is not None:
            self.add_metric([], value)

    def add_metric(
        self, labels: Sequence[str], value: dict[str, bool], timestamp: Moment = None
    ) -> None:
        """Add all states for these label values, each with whether it is on."""
        names = (*self._labelnames, self.name)
        for state, is_on in sorted(value.items()):
            named = dict(zip(names, (*labels, state)))
            self.samples.append(Sample(self.name, named, 1 if is_on else 0, timestamp))


def without_total(name: str) -> str:
    """Return the name of a counter's family: what stands before `_total`."""
    return name[: -len("_total")] if name.endswith("_total") else name
