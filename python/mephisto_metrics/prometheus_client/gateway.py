"""Metrics pushed to a Pushgateway, for jobs that end before anybody scrapes them."""

from __future__ import annotations

import base64
import gzip
import importlib
import socket
import sys
from contextlib import closing
from typing import Any, Callable, Literal, Optional
from urllib.parse import quote_plus, urlparse

from mephisto_metrics.prometheus_client.encoding import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from mephisto_metrics.prometheus_client.gateway_handlers import Header, Send, default_handler
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector

CompressionType = Optional[Literal["gzip", "snappy"]]


def push_to_gateway(
    gateway: str,
    job: str,
    registry: Collector,
    grouping_key: dict[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Callable[..., Send] = default_handler,
    compression: CompressionType = None,
) -> None:
    """Replace all metrics of `job` and `grouping_key` at a Pushgateway by those of a registry.

    `gateway` is an address with or without `http://`; `timeout` is in seconds, None for none.
    `handler(url, method, timeout, headers, data)` returns what carries out the request: see
    `default_handler`. Raises `OSError` if the Pushgateway does not take the metrics.
    """
    _use_gateway("PUT", gateway, job, registry, grouping_key, timeout, handler, compression)


def pushadd_to_gateway(
    gateway: str,
    job: str,
    registry: Collector | None,
    grouping_key: dict[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Callable[..., Send] = default_handler,
    compression: CompressionType = None,
) -> None:
    """Replace the metrics of the same names only; otherwise as `push_to_gateway`.

    `registry` None stands for the default registry.
    """
    _use_gateway("POST", gateway, job, registry, grouping_key, timeout, handler, compression)


def delete_from_gateway(
    gateway: str,
    job: str,
    grouping_key: dict[str, Any] | None = None,
    timeout: float | None = 30,
    handler: Callable[..., Send] = default_handler,
) -> None:
    """Delete the metrics of `job` and `grouping_key`; otherwise as `push_to_gateway`."""
    _use_gateway("DELETE", gateway, job, None, grouping_key, timeout, handler)


def instance_ip_grouping_key() -> dict[str, Any]:
    """Return a grouping key with this host's address as `instance`."""
    # macOS tells nothing for localhost. No packet is sent: the socket is for datagrams.
    address = ("10.255.255.255", 1) if sys.platform == "darwin" else ("localhost", 0)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as connection:
        connection.connect(address)
        return {"instance": connection.getsockname()[0]}


def _use_gateway(
    method: str,
    gateway: str,
    job: str,
    registry: Collector | None,
    grouping_key: dict[str, Any] | None,
    timeout: float | None,
    handler: Callable[..., Send],
    compression: CompressionType = None,
) -> None:
    url = _gateway_url(gateway, job, grouping_key or {})
    if method == "DELETE":
        data, headers = b"", [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)]
    else:
        text = generate_latest(REGISTRY if registry is None else registry)
        data, headers = _compress_payload(text, compression)
    handler(url=url, method=method, timeout=timeout, headers=headers, data=data)()


def _gateway_url(gateway: str, job: str, grouping_key: dict[str, Any]) -> str:
    # An address like `host:9091` has the scheme `host`, for some releases of urllib.
    if urlparse(gateway).scheme not in ("http", "https"):
        gateway = f"http://{gateway}"
    groups = [
        ("job", job),
        *((str(key), str(value)) for key, value in sorted(grouping_key.items())),
    ]
    path = "/".join(part for key, value in groups for part in _escape_grouping_key(key, value))
    return f"{gateway.rstrip('/')}/metrics/{path}"


def _escape_grouping_key(k: str, v: str) -> tuple[str, str]:
    """Return a pair as a path has it: what a path cannot hold is in base64, as `=` if empty."""
    if not v:
        return f"{k}@base64", "="
    if "/" in v or " " in v:
        return f"{k}@base64", base64.urlsafe_b64encode(v.encode()).decode()
    return k, quote_plus(v)


def _compress_payload(data: bytes, compression: CompressionType) -> tuple[bytes, list[Header]]:
    headers = [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)]
    if compression is None:
        return data, headers
    coding = compression.lower()
    if coding not in _COMPRESS:
        raise ValueError(f"Unsupported compression type: {compression}: expected gzip or snappy")
    return _COMPRESS[coding](data), [*headers, ("Content-Encoding", coding)]


def _compress_by_snappy(data: bytes) -> bytes:
    try:
        snappy = importlib.import_module("snappy")
    except ImportError:
        raise RuntimeError(
            "Snappy compression requires the python-snappy package to be installed.: "
            "pip install python-snappy"
        ) from None
    compressor = snappy.StreamCompressor()
    compressed: bytes = compressor.compress(data)
    # Only some releases hold data back.
    flush = getattr(compressor, "flush", None)
    return compressed + flush() if callable(flush) else compressed


_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "snappy": _compress_by_snappy,
}
