"""Families as instruments: one of each in a process, whoever asks for it first."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any, Callable

from mephisto_metrics.mephisto.families import BY_NAME

_lock = threading.Lock()


def histogram(name: str) -> Any:
    """Return the histogram called `name` in `families`, made if need be.

    It is Mephisto's own where Mephisto has been imported with our metrics, and becomes Mephisto's
    own where it is imported later.
    """
    from mephisto_metrics.mephisto.prometheus_client import Histogram

    family = BY_NAME[name]
    return Histogram(name, family.documentation, tuple(family.labels), buckets=family.buckets)


def counter(name: str) -> Any:
    """Return the counter called `name` in `families`, made if need be."""
    from mephisto_metrics import Counter

    family = BY_NAME[name]
    return share(Counter, name, family.documentation, tuple(family.labels))


def gauge(name: str) -> Any:
    """Return the gauge called `name` in `families`, made if need be."""
    from mephisto_metrics import Gauge

    family = BY_NAME[name]
    return share(Gauge, name, family.documentation, tuple(family.labels))


def share(
    kind: Callable[..., Any],
    name: str,
    documentation: str,
    labelnames: Iterable[str],
    **options: Any,
) -> Any:
    """Make an instrument; of a family in `families` return the one that is registered already."""
    labelnames = tuple(labelnames)
    if name not in BY_NAME or "registry" in options:
        return kind(name, documentation, labelnames, **options)
    with _lock:
        registered = _registered(name)
        if getattr(registered, "_labelnames", None) == labelnames:
            return registered
        return _limited(kind(name, documentation, labelnames, **options))


def _registered(name: str) -> Any:
    from mephisto_metrics import REGISTRY

    return REGISTRY._names_to_collectors.get(name)


def _limited(metric: Any) -> Any:
    """Bound a family's series, where the values of its labels come from outside of the process."""
    family = BY_NAME[metric._name]
    if family.series_limit is not None:
        metric.limit_series(family.series_limit)
    if family.zero_series_lifetime_seconds is not None:
        metric.drop_zero_series(family.zero_series_lifetime_seconds)
    return metric


def _unlock_in_child() -> None:
    global _lock  # noqa: PLW0603 - another thread may have held it at the fork
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_in_child)
