"""What is far from the hot path comes from the real prometheus_client, where it is installed."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from mephisto_metrics.prometheus_client.metrics_core import Metric
from mephisto_metrics.prometheus_client.samples import Sample, Timestamp

ORIGINAL = "prometheus_client"


def original_module(name: str) -> ModuleType:
    """Return a module of the real prometheus_client; `ImportError` with the way out without it."""
    try:
        return importlib.import_module(f"{ORIGINAL}.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != ORIGINAL:
            raise
        raise ImportError(
            f"mephisto_metrics.{ORIGINAL}.{name} hands on to {ORIGINAL}.{name}, "
            f"which is not installed: pip install prometheus-client",
            name=error.name,
        ) from None


def family_of_ours(family: Any) -> Metric:
    """Return a family of the real prometheus_client, of any release, as one of ours."""
    ours = Metric(family.name, family.documentation, family.type, family.unit)
    ours.samples = [_sample_of_ours(*sample) for sample in family.samples]
    return ours


def _sample_of_ours(
    name: str, labels: dict[str, str], value: float, timestamp: Any = None, *rest: Any
) -> Sample:
    if hasattr(timestamp, "nsec"):
        timestamp = Timestamp(timestamp.sec, abs(timestamp.nsec))
    return Sample(name, labels, value, timestamp, *rest)
