"""Scrapes answered inside Twisted, which has to be installed."""

from mephisto_metrics.prometheus_client.twisted._exposition import MetricsResource

__all__ = ["MetricsResource"]
