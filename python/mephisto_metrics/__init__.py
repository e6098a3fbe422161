"""Metrics for Mephisto: counters, gauges and histograms in Rust, a store and a page built in.

from mephisto_metrics import Histogram, timed

LATENCY = Histogram("database_latency_seconds", "Time spent in a database call", ["method"])

@timed(LATENCY)
def find_units(): ...
"""

from __future__ import annotations

import warnings

from mephisto_metrics.interpreters import refuse_sub_interpreters

refuse_sub_interpreters()

from mephisto_metrics._core import DEBUG_BUILD, __version__
from mephisto_metrics.exposition import (
    ServerAddress,
    start_http_server,
    stop_http_server,
    wait_for_scrape,
)
from mephisto_metrics.mephisto.substitution import TooLateError, install
from mephisto_metrics.prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Enum,
    Gauge,
    Histogram,
    Info,
    Summary,
    generate_latest,
)
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
    "Enum",
    "Gauge",
    "Histogram",
    "Info",
    "ServerAddress",
    "Summary",
    "TooLateError",
    "__version__",
    "generate_latest",
    "install",
    "start_http_server",
    "stop_http_server",
    "timed",
    "wait_for_scrape",
]
