"""Registries as text: which format, and what makes it."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import partial
from typing import Callable

from mephisto_metrics import _core
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

CONTENT_TYPE_PLAIN_0_0_4 = "text/plain; version=0.0.4; charset=utf-8"
"""Content type that every Prometheus reads."""

CONTENT_TYPE_PLAIN_1_0_0 = "text/plain; version=1.0.0; charset=utf-8"
"""Content type of Prometheus 3, in which names can be UTF-8."""

CONTENT_TYPE_LATEST = CONTENT_TYPE_PLAIN_1_0_0

Encoder = Callable[[Collector], bytes]


def generate_latest(registry: Collector = REGISTRY, escaping: str = "underscores") -> bytes:
    """Return the metrics of a registry in Prometheus's text format, UTF-8."""
    return encode(registry, CONTENT_TYPE_LATEST, escaping)


def encode(registry: Collector, content_type: str, escaping: str | None = None) -> bytes:
    """Return the metrics of a registry in the format that a content type names."""
    if escaping:
        content_type = f"{content_type}; escaping={escaping}"
    if isinstance(registry, CollectorRegistry) and _collects_as_made(registry):
        exposition = _core.Exposition(registry._native, content_type)
        while (collector := exposition.next_collector()) is not None:
            exposition.add(list(collector.collect()))
        return exposition.finish()
    return _core.encode_families(list(registry.collect()), content_type)


def choose_encoder(accept_header: str | None) -> tuple[Encoder, str]:
    """Return what writes the best format that a reader accepts, and its content type."""
    content_type = _core.negotiate(accept_header or "")
    if content_type == CONTENT_TYPE_PLAIN_0_0_4:
        return generate_latest, content_type
    return partial(encode, content_type=content_type), content_type


def gzip_accepted(accept_encoding_header: str | None) -> bool:
    """Return whether a reader takes gzip."""
    accepted = (accept_encoding_header or "").split(",")
    return any(coding.split(";")[0].strip().lower() == "gzip" for coding in accepted)


def _bake_output(
    registry: Collector,
    accept_header: str | None,
    accept_encoding_header: str | None,
    params: Mapping[str, list[str]],
    disable_compression: bool,
) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return status, headers and body of the answer to a scrape."""
    encoder, content_type = choose_encoder(accept_header)
    if "name[]" in params:
        registry = registry.restricted_registry(params["name[]"])  # type: ignore[attr-defined]
    output = encoder(registry)
    headers = [("Content-Type", content_type)]
    if not disable_compression and gzip_accepted(accept_encoding_header):
        output = gzip.compress(output)
        headers.append(("Content-Encoding", "gzip"))
    return "200 OK", headers, output


def _collects_as_made(registry: CollectorRegistry) -> bool:
    """Return whether `collect()` is ours: what a user put in its place is to be asked."""
    return getattr(registry.collect, "__func__", None) is CollectorRegistry.collect
