"""Scrapes answered inside Django, which has to be installed."""

from mephisto_metrics.prometheus_client.django.exposition import PrometheusDjangoView

__all__ = ["PrometheusDjangoView"]
