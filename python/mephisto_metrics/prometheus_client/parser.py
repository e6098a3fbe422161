"""Reading Prometheus's text format.

Handed on to the real prometheus_client, which has to be installed; its families become ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from mephisto_metrics.prometheus_client.handing_on import family_of_ours, original_module
from mephisto_metrics.prometheus_client.metrics_core import Metric

_original = original_module("parser")


def text_string_to_metric_families(text: str) -> Iterable[Metric]:
    """Yield the families of a text; `ValueError` where it is not of the format."""
    return map(family_of_ours, _original.text_string_to_metric_families(text))


def text_fd_to_metric_families(fd: TextIO) -> Iterable[Metric]:
    """Yield the families of an open file; `ValueError` where it is not of the format."""
    return map(family_of_ours, _original.text_fd_to_metric_families(fd))


def __getattr__(name: str) -> Any:
    return getattr(_original, name)
