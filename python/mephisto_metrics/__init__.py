"""Metrics for Mephisto: counters, gauges and histograms in Rust, a store and a page built in.

from mephisto_metrics import Histogram, timed

LATENCY = Histogram("database_latency_seconds", "Time spent in a database call", ["method"])

@timed(LATENCY)
def find_units(): ...
"""

from __future__ import annotations

import warnings

from mephisto_metrics._core import (
    DEBUG_BUILD,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    __version__,
    generate_latest,
)
from mephisto_metrics.bridge import bridge_prometheus_client
from mephisto_metrics.exposition import ServerAddress, start_http_server, stop_http_server
from mephisto_metrics.mephisto.substitution import TooLateError, install
from mephisto_metrics.timing import timed

if DEBUG_BUILD:
    warnings.warn(
        "mephisto_metrics is a debug build: correct, but slow; build with --release to measure",
        RuntimeWarning,
        stacklevel=2,
    )

__all__ = [
    "DEBUG_BUILD",
    "REGISTRY",
    "CollectorRegistry",
    "Counter",
    "Gauge",
    "Histogram",
    "ServerAddress",
    "TooLateError",
    "__version__",
    "bridge_prometheus_client",
    "generate_latest",
    "install",
    "start_http_server",
    "stop_http_server",
    "timed",
]
