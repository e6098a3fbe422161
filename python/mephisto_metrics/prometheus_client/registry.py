"""Registries: which collectors are shown together, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from threading import Lock
from typing import Protocol

from mephisto_metrics import _core
from mephisto_metrics.prometheus_client.metrics_core import Metric

TARGET_INFO = "target_info"

SUFFIXES = {
    "counter": ("_total", "_created"),
    "summary": ("_sum", "_count", "_created"),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "info": ("_info",),
}
"""What the series of a family's type append to its name."""


class Collector(Protocol):
    """Anything with `collect()`; deriving from this class is not needed."""

    __slots__ = ()

    def collect(self) -> Iterable[Metric]:
        """Return the families as they are now."""


class _EmptyCollector:
    """Holds a name that no collector gives."""

    def collect(self) -> Iterable[Metric]:
        return []


class DuplicateTimeseries(ValueError):
    """A name is taken: `duplicates` are those that the registry has already."""

    def __init__(self, duplicates: set[str]) -> None:
        super().__init__(
            f"Duplicated timeseries in CollectorRegistry: {duplicates}: "
            "expected names that no collector of this registry gives"
        )
        self.duplicates = duplicates


class _CollectorNames(dict[Collector, list[str]]):
    """The collectors of a registry and their names; what is shown follows every change.

    Tests of others empty it between themselves, or take single collectors out of it.
    """

    def __init__(self, native: _core.Registry) -> None:
        super().__init__()
        self._native = native

    def __setitem__(self, collector: Collector, names: list[str]) -> None:
        is_new = collector not in self
        super().__setitem__(collector, names)
        if is_new:
            self._native.add(collector)

    def __delitem__(self, collector: Collector) -> None:
        super().__delitem__(collector)
        self._native.remove(collector)

    def popitem(self) -> tuple[Collector, list[str]]:
        """Take out the newest."""
        item = super().popitem()
        self._native.remove(item[0])
        return item

    # A dictionary's own do not pass through those above.
    clear = MutableMapping.clear
    pop = MutableMapping.pop
    setdefault = MutableMapping.setdefault
    update = MutableMapping.update


class CollectorRegistry:
    """Collectors that are shown together; each name belongs to one of them.

    `auto_describe` calls `collect()` at registration where a collector has no `describe()`, to
    learn its names. `target_info` are labels of the process as a whole.
    `support_collectors_without_names` lets restricted registries ask collectors of unknown names.
    """

    def __init__(
        self,
        auto_describe: bool = False,
        target_info: dict[str, str] | None = None,
        support_collectors_without_names: bool = False,
    ) -> None:
        # What expositions are made from, without Python where a collector is native.
        self._native = _core.Registry()
        self._shown_collectors = _CollectorNames(self._native)
        self._names_to_collectors: dict[str, Collector] = {}
        self._auto_describe = auto_describe
        self._lock = Lock()
        self._target_info: dict[str, str] | None = {}
        self._support_collectors_without_names = support_collectors_without_names
        self._collectors_without_names: list[Collector] = []
        self.set_target_info(target_info)

    @property
    def _collector_to_names(self) -> dict[Collector, list[str]]:
        return self._shown_collectors

    @_collector_to_names.setter
    def _collector_to_names(self, names: Mapping[Collector, list[str]]) -> None:
        self._shown_collectors.clear()
        self._shown_collectors.update(names)

    def register(self, collector: Collector) -> None:
        """Add a collector; `DuplicateTimeseries` if one of its names is taken."""
        with self._lock:
            names = self._get_names(collector)
            duplicates = set(self._names_to_collectors).intersection(names)
            if duplicates:
                raise DuplicateTimeseries(duplicates)
            self._names_to_collectors.update(dict.fromkeys(names, collector))
            self._collector_to_names[collector] = names
            if self._support_collectors_without_names and not names:
                self._collectors_without_names.append(collector)

    def unregister(self, collector: Collector) -> None:
        """Take a collector out; `KeyError` if it is not here."""
        with self._lock:
            for name in self._collector_to_names[collector]:
                del self._names_to_collectors[name]
            del self._collector_to_names[collector]
            if collector in self._collectors_without_names:
                self._collectors_without_names.remove(collector)

    def _get_names(self, collector: Collector) -> list[str]:
        """Return all names that the series of a collector may have, as far as it tells them."""
        describe = getattr(collector, "describe", None)
        if not describe and self._auto_describe:
            describe = collector.collect
        families: Iterable[Metric] = describe() if describe else ()
        return [name for family in families for name in series_names(family)]

    def collect(self) -> Iterable[Metric]:
        """Yield the families of all collectors, in the order of their registration."""
        with self._lock:
            collectors = list(self._collector_to_names)
            target_info = self._target_info_metric() if self._target_info else None
        if target_info:
            yield target_info
        for collector in collectors:
            yield from collector.collect()

    def restricted_registry(self, names: Iterable[str]) -> RestrictedRegistry:
        """Return a view of this registry that shows the series of these names only."""
        return RestrictedRegistry(names, self)

    def set_target_info(self, labels: dict[str, str] | None) -> None:
        """Replace the labels of the process; None or none take them away.

        Raises `ValueError` if a collector gives `target_info`.
        """
        with self._lock:
            if labels:
                if not self._target_info and TARGET_INFO in self._names_to_collectors:
                    owner = self._names_to_collectors[TARGET_INFO]
                    raise ValueError(
                        "CollectorRegistry already contains a target_info metric: "
                        f"unregister {owner!r} first"
                    )
                self._names_to_collectors[TARGET_INFO] = _EmptyCollector()
            elif self._target_info:
                self._names_to_collectors.pop(TARGET_INFO, None)
            self._target_info = labels
            self._native.set_target_info(labels or None)

    def get_target_info(self) -> dict[str, str] | None:
        """Return the labels of the process, as `set_target_info` got them."""
        with self._lock:
            return self._target_info

    def _target_info_metric(self) -> Metric:
        family = Metric("target", "Target metadata", "info")
        family.add_sample(TARGET_INFO, self._target_info or {}, 1)
        return family

    def get_sample_value(self, name: str, labels: dict[str, str] | None = None) -> float | None:
        """Return the value of one series, None if there is none: for tests, as it asks them all."""
        wanted = labels or {}
        return next(
            (
                sample.value
                for family in self.collect()
                for sample in family.samples
                if sample.name == name and sample.labels == wanted
            ),
            None,
        )


class RestrictedRegistry:
    """The series of some names, of the collectors of a registry."""

    def __init__(self, names: Iterable[str], registry: CollectorRegistry) -> None:
        self._name_set = set(names)
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        """Yield the families that have series of these names, with those series only."""
        registry = self._registry
        with registry._lock:
            shows_target = TARGET_INFO in self._name_set and registry._target_info
            target_info = registry._target_info_metric() if shows_target else None
            collectors = self._chosen_collectors()
        if target_info:
            yield target_info
        for collector in collectors:
            for family in collector.collect():
                restricted = family._restricted_metric(self._name_set)
                if restricted:
                    yield restricted

    def _chosen_collectors(self) -> Iterable[Collector]:
        """Return each collector once, in the order of the registry."""
        registry = self._registry
        owners = [registry._names_to_collectors.get(name) for name in self._name_set]
        chosen = {*registry._collectors_without_names, *filter(None, owners)}
        return [collector for collector in registry._collector_to_names if collector in chosen]


def series_names(family: Metric) -> Iterator[str]:
    """Yield the name of a family and all names that its series may have."""
    yield family.name
    for suffix in SUFFIXES.get(family.type, ()):
        yield family.name + suffix


REGISTRY = CollectorRegistry(auto_describe=True)
"""Where metrics are registered unless they are told otherwise."""
