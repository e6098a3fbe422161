"""A handler of aiohttp that shows a registry."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Callable

from aiohttp import hdrs, web

from mephisto_metrics.prometheus_client.encoding import _bake_output
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector


def make_aiohttp_handler(
    registry: Collector = REGISTRY, disable_compression: bool = False
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a handler that answers with the metrics of a registry; aiohttp compresses them."""

    async def prometheus_handler(request: web.Request) -> web.Response:
        accept = ",".join(request.headers.getall(hdrs.ACCEPT, []))
        params = {name: request.query.getall(name) for name in request.query}
        status, headers, output = _bake_output(registry, accept, "", params, True)
        response = web.Response(status=int(status.split(" ")[0]), headers=headers, body=output)
        if not disable_compression:
            response.enable_compression()
        return response

    return prometheus_handler
