"""What Python's garbage collector has done."""

from __future__ import annotations

import gc
import platform
from collections.abc import Iterable

from mephisto_metrics.prometheus_client.metrics_core import CounterMetricFamily, Metric
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

FAMILIES = {
    "collected": ("python_gc_objects_collected", "Objects collected during gc"),
    "uncollectable": ("python_gc_objects_uncollectable", "Uncollectable objects found during GC"),
    "collections": ("python_gc_collections", "Number of times this generation was collected"),
}
"""Name and documentation of the family of each statistic of `gc.get_stats`."""


class GCCollector(Collector):
    """Shows the statistics of the garbage collector; registered on CPython only."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        if hasattr(gc, "get_stats") and platform.python_implementation() == "CPython":
            registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Return a counter by generation for each statistic."""
        generations = gc.get_stats()
        return [_family(statistic, generations) for statistic in FAMILIES]


def _family(statistic: str, generations: list[dict[str, int]]) -> Metric:
    family = CounterMetricFamily(*FAMILIES[statistic], labels=["generation"])
    for generation, values in enumerate(generations):
        family.add_metric([str(generation)], values[statistic])
    return family


GC_COLLECTOR = GCCollector()
"""The collector in the default registry."""
