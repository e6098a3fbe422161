"""A resource of Twisted that shows a registry."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.web.wsgi import WSGIResource

from mephisto_metrics.prometheus_client.exposition import make_wsgi_app
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector


def MetricsResource(registry: Collector = REGISTRY) -> WSGIResource:
    """Return a resource that answers with the metrics of a registry, from a thread of the pool."""
    application = make_wsgi_app(registry)
    return WSGIResource(reactor, reactor.getThreadPool(), application)  # type: ignore[no-untyped-call]
