"""The names of prometheus_client.metrics."""

from mephisto_metrics._core import Counter, Gauge, Histogram

__all__ = ["Counter", "Gauge", "Histogram"]
