"""Metrics that somebody registers in the real prometheus_client of this process, shown in ours."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from mephisto_metrics.prometheus_client.handing_on import ORIGINAL, family_of_ours
from mephisto_metrics.prometheus_client.metrics_core import Metric
from mephisto_metrics.prometheus_client.registry import (
    REGISTRY,
    Collector,
    CollectorRegistry,
    series_names,
)

logger = logging.getLogger(__name__)


class OriginalRegistryCollector(Collector):
    """Gives the families of the real default registry whose names `registry` does not have.

    So what is registered in both (`python_info`, `process_*`) appears once. Nothing is imported:
    without the real prometheus_client in this process there is nothing to show.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._registry = registry
        self._failed: set[int] = set()
        # One of the collectors may be ours, and come back here.
        self._asking = threading.local()
        registry.register(self)
        # Its names change, so a restricted registry has to ask it each time.
        registry._collectors_without_names.append(self)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: a name in the real registry does not keep one in ours from being used."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Return the families as they are now."""
        original = getattr(sys.modules.get(ORIGINAL), "REGISTRY", None)
        if original is None or original is self._registry:
            return []
        if getattr(self._asking, "now", False) or _is_under_way(original):
            return []
        self._asking.now = True
        try:
            return self._new_families(original)
        finally:
            self._asking.now = False

    def _new_families(self, original: Any) -> list[Metric]:
        ours = self._registry._names_to_collectors
        return [
            family_of_ours(family)
            for family in self._families_of(original)
            if not any(name in ours for name in series_names(family))
        ]

    def _families_of(self, original: Any) -> Iterator[Any]:
        """Yield what all collectors give but those that fail, each of which is logged once."""
        # Early releases have no such thing.
        if getattr(original, "_target_info", None):
            yield original._target_info_metric()
        for collector in list(getattr(original, "_collector_to_names", [original])):
            try:
                families = list(collector.collect())
            except Exception:  # noqa: BLE001 - one mistake should not cost all metrics
                self._log_once(collector)
            else:
                yield from families

    def _log_once(self, collector: object) -> None:
        if id(collector) not in self._failed:
            self._failed.add(id(collector))
            logger.exception("%r of prometheus_client's registry is left out: it fails", collector)


def _is_under_way(registry: Any) -> bool:
    """Return whether a method of `registry` waits for us: it may be one of ours that it collects.

    Asking it then would never end, or wait for ever for the lock that it holds at registration.
    """
    frame = sys._getframe()
    while frame is not None:
        if frame.f_locals.get("self") is registry:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


ORIGINAL_REGISTRY_COLLECTOR = OriginalRegistryCollector()
"""The collector in the default registry."""
