"""What is far from the hot path comes from the real prometheus_client, where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from mephisto_metrics.prometheus_client.metrics_core import Metric
from mephisto_metrics.prometheus_client.samples import Sample, Timestamp
from mephisto_metrics.prometheus_client.stand_in import is_ours

ORIGINAL = "prometheus_client"

BESIDE_OURS = "_prometheus_client_beside_ours"
"""What the real one is imported as where ours has its name."""


def original_module(name: str) -> ModuleType:
    """Return a module of the real prometheus_client; `ImportError` with the way out without it."""
    try:
        return importlib.import_module(f"{_name_of_original()}.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != ORIGINAL:
            raise
        raise ImportError(
            f"mephisto_metrics.{ORIGINAL}.{name} hands on to {ORIGINAL}.{name}, "
            f"which is not installed: pip install prometheus-client",
            name=error.name,
        ) from None


def _name_of_original() -> str:
    """Return what the real prometheus_client can be imported as."""
    if not is_ours(sys.modules.get(ORIGINAL)):
        return ORIGINAL
    if BESIDE_OURS not in sys.modules:
        _load_beside_ours()
    return BESIDE_OURS


def _load_beside_ours() -> None:
    found = PathFinder.find_spec(ORIGINAL)
    # It imports its own modules relatively, so any name will do.
    spec = found and importlib.util.spec_from_file_location(
        BESIDE_OURS, found.origin, submodule_search_locations=found.submodule_search_locations
    )
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {ORIGINAL!r}", name=ORIGINAL)
    package = importlib.util.module_from_spec(spec)
    sys.modules[BESIDE_OURS] = package
    spec.loader.exec_module(package)


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
