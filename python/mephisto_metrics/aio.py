"""What would block an event loop, awaitable.

address = await mephisto_metrics.aio.start_http_server(8000)
...
await mephisto_metrics.aio.wait_for_scrape(timeout_seconds=20)
await mephisto_metrics.aio.stop_http_server(address)

The work is done on threads that are not Python's. Cancelling the task that awaits ends it.
"""

from __future__ import annotations

from typing import Any

from mephisto_metrics import _core, exposition
from mephisto_metrics._core import ServerTls
from mephisto_metrics.exposition import ServerAddress
from mephisto_metrics.prometheus_client.gateway import _gateway_url
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector

__all__ = [
    "delete_from_gateway",
    "push_to_gateway",
    "pushadd_to_gateway",
    "start_http_server",
    "stop_http_server",
    "wait_for_scrape",
]


async def start_http_server(
    port: int,
    addr: str = "127.0.0.1",
    registry: Collector = REGISTRY,
    *,
    tls: ServerTls | None = None,
) -> ServerAddress:
    """Serve `registry` as `mephisto_metrics.start_http_server` does."""
    exposition.raise_unless_port(port)
    contents = exposition.contents_of(registry)
    try:
        server = await _core.start_server(port, addr, contents, tls)
    except OSError as error:
        raise exposition.binding_error(port, addr, error) from None
    return exposition.keep(server)


async def stop_http_server(address: tuple[str, int]) -> None:
    """Stop the server at `address`, however it was started; else do nothing."""
    running = exposition.forget(address)
    if running is not None:
        try:
            await _core.close_server(running.server)
        finally:
            # The server ends even if nobody waits for it any more.
            running.has_ended.set()


async def wait_for_scrape(timeout_seconds: float | None = None) -> bool:
    """Wait until a scrape that begins after this call has been taken to its end.

    As `mephisto_metrics.wait_for_scrape`: returns whether that happened within `timeout_seconds`.
    """
    return await _core.next_scrape(timeout_seconds)


async def push_to_gateway(
    gateway: str,
    job: str,
    registry: Collector = REGISTRY,
    grouping_key: dict[str, Any] | None = None,
    timeout_seconds: float | None = 30,
) -> None:
    """Replace all metrics of `job` and `grouping_key` at a Pushgateway by those of a registry.

    `gateway` is an address with or without `http://`; https is for the blocking form with its
    handlers. Raises `OSError` if the Pushgateway does not take the metrics, or not in time.
    """
    await _send("PUT", gateway, job, registry, grouping_key, timeout_seconds)


async def pushadd_to_gateway(
    gateway: str,
    job: str,
    registry: Collector = REGISTRY,
    grouping_key: dict[str, Any] | None = None,
    timeout_seconds: float | None = 30,
) -> None:
    """Replace the metrics of the same names only; otherwise as `push_to_gateway`."""
    await _send("POST", gateway, job, registry, grouping_key, timeout_seconds)


async def delete_from_gateway(
    gateway: str,
    job: str,
    grouping_key: dict[str, Any] | None = None,
    timeout_seconds: float | None = 30,
) -> None:
    """Delete the metrics of `job` and `grouping_key`; otherwise as `push_to_gateway`."""
    await _send("DELETE", gateway, job, None, grouping_key, timeout_seconds)


async def _send(
    method: str,
    gateway: str,
    job: str,
    registry: Collector | None,
    grouping_key: dict[str, Any] | None,
    timeout_seconds: float | None,
) -> None:
    url = _gateway_url(gateway, job, grouping_key or {})
    if url.startswith("https:"):
        raise ValueError(
            f"{gateway}: expected a Pushgateway over http here; over https call "
            "prometheus_client.push_to_gateway with its handlers, by asyncio.to_thread"
        )
    contents = None if registry is None else exposition.contents_of(registry)
    await _core.send_to_gateway(method, url, contents, timeout_seconds)
