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
    # Slow to import, and `status` asks nobody.
    import urllib.error
    import urllib.request

    # A proxy of the environment must never stand between us and loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/-/ready", timeout=ANSWER_TIMEOUT_SECONDS) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's number for "OK"
    except (urllib.error.URLError, OSError):
        return False


def wait_until(condition: Callable[[], bool], timeout_seconds: float) -> bool:
    """Poll `condition` until it is true; False if the time is over before it is."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(POLL_INTERVAL_SECONDS)
    return condition()
