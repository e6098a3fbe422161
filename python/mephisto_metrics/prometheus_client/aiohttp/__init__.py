"""Scrapes answered inside aiohttp, which has to be installed."""

from mephisto_metrics.prometheus_client.aiohttp.exposition import make_aiohttp_handler

__all__ = ["make_aiohttp_handler"]
