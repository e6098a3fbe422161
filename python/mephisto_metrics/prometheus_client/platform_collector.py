"""Which Python this is."""

from __future__ import annotations

import platform as running_platform
from collections.abc import Iterable
from typing import Any

from mephisto_metrics.prometheus_client.metrics_core import GaugeMetricFamily, Metric
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector, CollectorRegistry


class PlatformCollector(Collector):
    """Shows the version of Python as labels of `python_info`.

    `platform` is asked in place of the module of that name.
    """

    def __init__(
        self,
        registry: CollectorRegistry | None = REGISTRY,
        platform: Any | None = None,
    ) -> None:
        self._platform = running_platform if platform is None else platform
        self._metrics = [self._family()]
        if registry:
            registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Return `python_info`, which does not change."""
        return self._metrics

    def _family(self) -> Metric:
        labels = self._info()
        if self._platform.system() == "Java":
            labels.update(self._java())
        family = GaugeMetricFamily(
            "python_info", "Python platform information", labels=list(labels)
        )
        family.add_metric(list(labels.values()), 1)
        return family

    def _info(self) -> dict[str, str]:
        major, minor, patchlevel = self._platform.python_version_tuple()
        return {
            "version": self._platform.python_version(),
            "implementation": self._platform.python_implementation(),
            "major": major,
            "minor": minor,
            "patchlevel": patchlevel,
        }

    def _java(self) -> dict[str, str]:
        version, _, (machine_name, machine_release, machine_vendor), _ = self._platform.java_ver()
        return {
            "jvm_version": version,
            "jvm_release": machine_release,
            "jvm_vendor": machine_vendor,
            "jvm_name": machine_name,
        }


PLATFORM_COLLECTOR = PlatformCollector()
"""The collector in the default registry."""
