"""The metrics that a program updates, and whether their times of creation are shown."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import ModuleType

from mephisto_metrics.prometheus_client import created
from mephisto_metrics.prometheus_client.context_managers import (
    ExceptionCounter,
    InprogressTracker,
    Timer,
)
from mephisto_metrics.prometheus_client.created import (
    _get_use_created,
    disable_created_metrics,
    enable_created_metrics,
)
from mephisto_metrics.prometheus_client.instruments import Counter, Gauge, Histogram, Summary
from mephisto_metrics.prometheus_client.metric_base import MetricWrapperBase
from mephisto_metrics.prometheus_client.metric_base import build_full_name as _build_full_name
from mephisto_metrics.prometheus_client.metrics_core import Metric
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector, CollectorRegistry
from mephisto_metrics.prometheus_client.samples import Exemplar, Sample
from mephisto_metrics.prometheus_client.text_metrics import Enum, Info
from mephisto_metrics.prometheus_client.utils import INF, floatToGoString
from mephisto_metrics.prometheus_client.validation import (
    _validate_exemplar,
    _validate_labelnames,
    _validate_metric_name,
)

__all__ = [
    "INF",
    "REGISTRY",
    "Collector",
    "CollectorRegistry",
    "Counter",
    "Enum",
    "ExceptionCounter",
    "Exemplar",
    "Gauge",
    "Histogram",
    "Info",
    "InprogressTracker",
    "Metric",
    "MetricWrapperBase",
    "Sample",
    "Sequence",
    "Summary",
    "Timer",
    "_build_full_name",
    "_get_use_created",
    "_validate_exemplar",
    "_validate_labelnames",
    "_validate_metric_name",
    "disable_created_metrics",
    "enable_created_metrics",
    "floatToGoString",
    "time",
]

# Where people import them from, and so what `repr` and pickles say, and where `get_type_hints`
# looks for the names of their annotations.
for _metric in (Counter, Enum, Gauge, Histogram, Info, MetricWrapperBase, Summary):
    _metric.__module__ = __name__


class _Metrics(ModuleType):
    """A module in which tests of others replace the switch of the original."""

    @property
    def _use_created(self) -> bool:
        return created.is_shown()

    @_use_created.setter
    def _use_created(self, is_shown: bool) -> None:
        created.show(is_shown)


sys.modules[__name__].__class__ = _Metrics
