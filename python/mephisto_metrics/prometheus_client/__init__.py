"""A drop-in for prometheus_client 0.26, over the Rust core.

from mephisto_metrics import prometheus_client
"""

from __future__ import annotations

from mephisto_metrics.prometheus_client import (  # noqa: F401 - both register themselves
    original_registry,
    stand_in,
)
from mephisto_metrics.prometheus_client.exposition import (
    CONTENT_TYPE_LATEST,
    CONTENT_TYPE_PLAIN_0_0_4,
    CONTENT_TYPE_PLAIN_1_0_0,
    MetricsHandler,
    delete_from_gateway,
    generate_latest,
    instance_ip_grouping_key,
    make_asgi_app,
    make_wsgi_app,
    push_to_gateway,
    pushadd_to_gateway,
    start_http_server,
    start_wsgi_server,
    write_to_textfile,
)
from mephisto_metrics.prometheus_client.gc_collector import GC_COLLECTOR, GCCollector
from mephisto_metrics.prometheus_client.metrics import (
    Counter,
    Enum,
    Gauge,
    Histogram,
    Info,
    Summary,
    disable_created_metrics,
    enable_created_metrics,
)
from mephisto_metrics.prometheus_client.metrics_core import Metric
from mephisto_metrics.prometheus_client.platform_collector import (
    PLATFORM_COLLECTOR,
    PlatformCollector,
)
from mephisto_metrics.prometheus_client.process_collector import (
    PROCESS_COLLECTOR,
    ProcessCollector,
)
from mephisto_metrics.prometheus_client.registry import REGISTRY, CollectorRegistry

__all__ = (
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_PLAIN_0_0_4",
    "CONTENT_TYPE_PLAIN_1_0_0",
    "GC_COLLECTOR",
    "PLATFORM_COLLECTOR",
    "PROCESS_COLLECTOR",
    "REGISTRY",
    "CollectorRegistry",
    "Counter",
    "Enum",
    "GCCollector",
    "Gauge",
    "Histogram",
    "Info",
    "Metric",
    "MetricsHandler",
    "PlatformCollector",
    "ProcessCollector",
    "Summary",
    "delete_from_gateway",
    "disable_created_metrics",
    "enable_created_metrics",
    "generate_latest",
    "instance_ip_grouping_key",
    "make_asgi_app",
    "make_wsgi_app",
    "push_to_gateway",
    "pushadd_to_gateway",
    "start_http_server",
    "start_wsgi_server",
    "write_to_textfile",
)
