"""A drop-in for prometheus_client, over the Rust core.

from mephisto_metrics import prometheus_client
"""

from mephisto_metrics._core import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from mephisto_metrics.exposition import start_http_server

CONTENT_TYPE_LATEST = "text/plain; version=0.0.4; charset=utf-8"
"""Content type of what `generate_latest` returns."""

__all__ = [
    "CONTENT_TYPE_LATEST",
    "REGISTRY",
    "CollectorRegistry",
    "Counter",
    "Gauge",
    "Histogram",
    "generate_latest",
    "start_http_server",
]
