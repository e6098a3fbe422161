"""Native histograms in protobuf, judged by a Prometheus that stores them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest
from benches.prometheus import real_prometheus
from tests.e2e.conftest import READY_TIMEOUT_SECONDS, query

import mephisto_metrics
from mephisto_metrics import prometheus_client
from mephisto_metrics.stack.readiness import wait_until

OBSERVATIONS = 20_000
BUCKET_FACTOR = 1.1
NATIVE_HISTOGRAMS = "--enable-feature=native-histograms"

CONFIGURATION = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: native
    static_configs: [{{targets: ["{target}"]}}]
"""


@pytest.fixture
def registry() -> prometheus_client.CollectorRegistry:
    """Durations of known distribution, beside metrics of every other type."""
    registry = mephisto_metrics.CollectorRegistry(target_info={"version": "1"})
    latency = mephisto_metrics.Histogram(
        "latency_seconds",
        "Exponentially distributed",
        ["method"],
        registry=registry,
        native_histogram_bucket_factor=BUCKET_FACTOR,
    )
    durations = random.Random(1)  # noqa: S311 - observations, no secrets
    for _ in range(OBSERVATIONS):
        latency.labels("get").observe(durations.expovariate(1.0))
    for value in (-3.0, 0.0, 0.0, 5.0):
        latency.labels("odd").observe(value)
    mephisto_metrics.Counter("jobs", "Jobs", ["who"], registry=registry).labels('a"b').inc(3)
    mephisto_metrics.Gauge("depth", "Depth", registry=registry).set_function(lambda: 7)
    mephisto_metrics.Summary("size_bytes", "Sizes", registry=registry).observe(4)
    mephisto_metrics.Histogram("classic", "Buckets", registry=registry).observe(0.3)
    return registry


@pytest.fixture
def prometheus_url(
    registry: prometheus_client.CollectorRegistry,
    needs_program: Callable[[str, str], str],
    tmp_path: Path,
) -> Iterator[str]:
    """A Prometheus with native histograms that scrapes the registry."""
    program = needs_program("prometheus", "prometheus")
    address = mephisto_metrics.start_http_server(0, registry=registry)
    target = f"{address.host}:{address.port}"
    settings = CONFIGURATION.format(target=target)
    try:
        with real_prometheus(program, tmp_path, settings, NATIVE_HISTOGRAMS) as url:
            yield url
    finally:
        mephisto_metrics.stop_http_server(address)


def value_of(url: str, expression: str) -> float:
    """Return the one value of an instant query, waiting until there is one."""
    has_value = wait_until(lambda: bool(query(url, expression)), READY_TIMEOUT_SECONDS)
    assert has_value, f"nothing for {expression}"
    [series] = query(url, expression)
    return float(series["value"][1])


def test_a_prometheus_that_knows_native_histograms_gets_them(prometheus_url: str) -> None:
    get = 'latency_seconds{method="get"}'
    assert value_of(prometheus_url, f"histogram_count({get})") == OBSERVATIONS
    for quantile, truth in ((0.1, 0.105), (0.5, 0.693), (0.9, 2.303), (0.99, 4.605)):
        estimate = value_of(prometheus_url, f"histogram_quantile({quantile}, {get})")
        assert estimate == pytest.approx(truth, rel=0.1), quantile
    odd = 'latency_seconds{method="odd"}'
    assert value_of(prometheus_url, f"histogram_count({odd})") == 4
    assert value_of(prometheus_url, f"histogram_sum({odd})") == 2
    assert value_of(prometheus_url, f"histogram_quantile(0.1, {odd})") < 0


def test_all_else_comes_through_protobuf_as_through_text(prometheus_url: str) -> None:
    for expression, expected in (
        ('jobs_total{who="a\\"b"}', 3),
        ("depth", 7),
        ("size_bytes_sum", 4),
        ('classic_bucket{le="0.25"}', 0),
        ('classic_bucket{le="0.5"}', 1),
        ('classic_bucket{le="+Inf"}', 1),
        ('target_info{version="1"}', 1),
        ("up", 1),
    ):
        assert value_of(prometheus_url, expression) == expected, expression
