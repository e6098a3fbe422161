"""What modules of Mephisto get when they import prometheus_client.

The drop-in, with finer buckets for Mephisto's histograms and a floor under some of its gauges.
What the drop-in does not have comes from the real one: its metrics are shown by the bridge.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mephisto_metrics import Gauge as CoreGauge
from mephisto_metrics import Histogram as CoreHistogram
from mephisto_metrics.mephisto.families import COUNTED_BY_STATUS, buckets_for
from mephisto_metrics.mephisto.floor import FlooredGauge
from mephisto_metrics.prometheus_client import *  # noqa: F403 - it is that, but for what follows
from mephisto_metrics.prometheus_client import exposition, metrics, registry, utils  # noqa: F401


def Histogram(  # noqa: N802 - stands in for a class
    name: str, *arguments: Any, buckets: Iterable[float] | None = None, **options: Any
) -> CoreHistogram:
    """Make a histogram with the buckets that Mephisto asks for, and more where it is one of its."""
    asked = CoreHistogram.DEFAULT_BUCKETS if buckets is None else buckets
    return CoreHistogram(name, *arguments, buckets=buckets_for(name, asked), **options)


def Gauge(name: str, *arguments: Any, **options: Any) -> CoreGauge | FlooredGauge:  # noqa: N802
    """Make a gauge; one that counts objects of the database never falls below zero."""
    gauge = CoreGauge(name, *arguments, **options)
    return FlooredGauge(gauge) if name in COUNTED_BY_STATUS else gauge


def __getattr__(name: str) -> Any:
    import prometheus_client  # noqa: PLC0415 - only where a later Mephisto wants more than we have

    return getattr(prometheus_client, name)
