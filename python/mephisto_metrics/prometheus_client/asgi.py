"""Scrapes answered inside an ASGI server."""

from __future__ import annotations

from typing import Any, Callable
from urllib.parse import parse_qs

from mephisto_metrics.prometheus_client.encoding import _bake_output
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector


def make_asgi_app(
    registry: Collector = REGISTRY, disable_compression: bool = False
) -> Callable[..., Any]:
    """Return an ASGI application that shows a registry, at any path."""

    async def prometheus_app(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("type") != "http":
            raise AssertionError(f"expected a scope of type http, received {scope.get('type')!r}")
        status, headers, output = _bake_output(
            registry,
            _header(scope, "accept"),
            _header(scope, "accept-encoding"),
            parse_qs(scope.get("query_string", b"").decode()),
            disable_compression,
        )
        payload = await receive()
        if payload.get("type") == "http.request":
            start = {
                "type": "http.response.start",
                "status": int(status.split(" ")[0]),
                "headers": [(name.encode(), value.encode()) for name, value in headers],
            }
            await send(start)
            await send({"type": "http.response.body", "body": output})

    return prometheus_app


def _header(scope: Any, wanted: str) -> str:
    values = [value for name, value in scope.get("headers") if name.decode().lower() == wanted]
    return b",".join(values).decode()
