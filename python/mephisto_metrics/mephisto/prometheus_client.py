"""What modules of Mephisto get when they import prometheus_client.

The drop-in, with one instrument for each of Mephisto's families in a process, finer buckets for its
histograms, and a floor under some of its gauges. What the drop-in does not have comes from the real
one: its metrics are shown by the bridge.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mephisto_metrics import Gauge as CoreGauge
from mephisto_metrics import Histogram as CoreHistogram
from mephisto_metrics import prometheus_client as drop_in
from mephisto_metrics.mephisto.families import COUNTED_BY_STATUS, buckets_for
from mephisto_metrics.mephisto.floor import FlooredGauge
from mephisto_metrics.mephisto.instruments import share
from mephisto_metrics.prometheus_client import exposition, metrics, registry, utils

__all__ = ["Gauge", "Histogram", "exposition", "metrics", "registry", "utils"]


def Histogram(  # noqa: N802 - stands in for a class
    name: str,
    documentation: str,
    labelnames: Iterable[str] = (),
    *,
    buckets: Iterable[float] | None = None,
    **options: Any,
) -> CoreHistogram:
    """Make a histogram with the buckets that Mephisto asks for, and more where it is one of its."""
    asked = CoreHistogram.DEFAULT_BUCKETS if buckets is None else buckets
    finer = buckets_for(name, asked)
    histogram: CoreHistogram = share(
        CoreHistogram, name, documentation, labelnames, buckets=finer, **options
    )
    return histogram


def Gauge(  # noqa: N802 - stands in for a class
    name: str, documentation: str, labelnames: Iterable[str] = (), **options: Any
) -> CoreGauge:
    """Make a gauge; one that counts objects of the database never falls below zero."""
    kind = FlooredGauge if name in COUNTED_BY_STATUS else CoreGauge
    gauge: CoreGauge = share(kind, name, documentation, labelnames, **options)
    return gauge


def __getattr__(name: str) -> Any:
    if hasattr(drop_in, name):
        return getattr(drop_in, name)
    import prometheus_client

    return getattr(prometheus_client, name)
