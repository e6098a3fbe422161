"""A view of Django that shows a registry."""

from __future__ import annotations

import os
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import View

from mephisto_metrics.prometheus_client.encoding import _bake_output
from mephisto_metrics.prometheus_client.registry import REGISTRY, CollectorRegistry


class PrometheusDjangoView(View):
    """Answers with the metrics of `registry`, by default the default one.

    In `multiprocess_mode`, with the values that the real prometheus_client keeps in files.
    """

    multiprocess_mode: bool = (
        "PROMETHEUS_MULTIPROC_DIR" in os.environ or "prometheus_multiproc_dir" in os.environ
    )
    registry: CollectorRegistry | None = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a scrape."""
        if self.registry is None:
            self.registry = self._default_registry()
        status, headers, output = _bake_output(
            self.registry,
            request.headers.get("Accept"),
            request.headers.get("Accept-Encoding"),
            dict(request.GET.lists()),
            False,
        )
        return HttpResponse(output, status=int(status.split(" ")[0]), headers=dict(headers))

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say which methods are answered."""
        return HttpResponse(status=200, headers={"Allow": "OPTIONS,GET"})

    def _default_registry(self) -> CollectorRegistry:
        if not self.multiprocess_mode:
            return REGISTRY
        from mephisto_metrics.prometheus_client import multiprocess

        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        return registry
