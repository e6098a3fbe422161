"""The names of prometheus_client.registry."""

from mephisto_metrics._core import REGISTRY, CollectorRegistry

__all__ = ["REGISTRY", "CollectorRegistry"]
