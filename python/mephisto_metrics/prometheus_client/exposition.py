"""The names of prometheus_client.exposition."""

from mephisto_metrics._core import generate_latest
from mephisto_metrics.exposition import start_http_server
from mephisto_metrics.prometheus_client import CONTENT_TYPE_LATEST

__all__ = ["CONTENT_TYPE_LATEST", "generate_latest", "start_http_server"]
