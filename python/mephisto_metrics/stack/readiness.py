"""Waiting until a part can serve, which is more than that its process runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_INTERVAL_SECONDS = 0.05
ANSWER_TIMEOUT_SECONDS = 2.0


def is_ready(url: str) -> bool:
    """Whether the server at `url` says at `/-/ready` that it can serve."""
    return fetched(f"{url}/-/ready", ANSWER_TIMEOUT_SECONDS) is not None


def answers_queries(url: str, timeout_seconds: float) -> bool:
    """Whether the store at `url` answers a query: remote engines have no other path in common."""
    return fetched(f"{url}/api/v1/query?query=1", timeout_seconds) is not None


def fetched(url: str, timeout_seconds: float) -> bytes | None:
    """Return what is at `url`; None if there is no answer, or one that is not "OK"."""
    # Slow to import, and `status` asks nobody.
    import http.client
    import urllib.error
    import urllib.request

    # A proxy of the environment must never stand between us and loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout_seconds) as answer:
            content: bytes = answer.read()
            return content if answer.status == 200 else None  # noqa: PLR2004 - HTTP's "OK"
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return None


def wait_until(condition: Callable[[], bool], timeout_seconds: float) -> bool:
    """Poll `condition` until it is true; False if the time is over before it is."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(POLL_INTERVAL_SECONDS)
    return condition()
