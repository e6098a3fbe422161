"""Metrics that a user's own code registers in prometheus_client, shown behind ours."""

from __future__ import annotations

import importlib.util
import threading

from mephisto_metrics._core import REGISTRY

_lock = threading.Lock()
_bridged = False


def bridge_prometheus_client() -> bool:
    """Show the default registry of prometheus_client in every exposition of `REGISTRY`.

    Returns False where prometheus_client is not installed. A second call changes nothing. The
    registry is read at each scrape, under the GIL and a time limit of the exposition server.
    """
    global _bridged  # noqa: PLW0603 - one process, one default registry on either side
    if importlib.util.find_spec("prometheus_client") is None:
        return False
    with _lock:
        if not _bridged:
            REGISTRY.add_source("prometheus_client", _gather)
            _bridged = True
    return True


def _gather() -> str:
    import prometheus_client

    text: bytes = prometheus_client.generate_latest(prometheus_client.REGISTRY)  # type: ignore[no-untyped-call]
    return text.decode()
