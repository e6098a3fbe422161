"""Waiting until a part can serve, which is more than that its process runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mephisto_metrics.stack.credentials import Credentials

POLL_INTERVAL_SECONDS = 0.05
ANSWER_TIMEOUT_SECONDS = 2.0
HTTP_OK = 200


def is_ready(url: str) -> bool:
    """Whether the server at `url` says at `/-/ready` that it can serve."""
    return fetched(f"{url}/-/ready", ANSWER_TIMEOUT_SECONDS) is not None


def why_no_queries(
    url: str, timeout_seconds: float, credentials: Credentials | None = None
) -> str | None:
    """Return why the store at `url` does not answer a query; None if it does.

    Remote engines have no other path in common.
    """
    return answer_of(f"{url}/api/v1/query?query=1", timeout_seconds, credentials)[1]


def fetched(
    url: str, timeout_seconds: float, credentials: Credentials | None = None
) -> bytes | None:
    """Return what is at `url`; None if there is no answer, or one that is not "OK"."""
    return answer_of(url, timeout_seconds, credentials)[0]


def answer_of(
    url: str, timeout_seconds: float, credentials: Credentials | None = None
) -> tuple[bytes, None] | tuple[None, str]:
    """Return what is at `url`, or why there is nothing.

    Files of the credentials are read anew each time; one that is gone is a reason like others.
    """
    # Slow to import, and `status` asks nobody.
    import http.client
    import urllib.error

    from mephisto_metrics.stack.asking import opener

    try:
        with opener(url, credentials).open(url, timeout=timeout_seconds) as answer:
            content: bytes = answer.read()
            if answer.status == HTTP_OK:
                return content, None
            return None, f"HTTP status {answer.status}"
    except urllib.error.HTTPError as error:
        return None, f"HTTP status {error.code} {error.reason}"
    except StackError as error:
        return None, str(error)
    # A `ValueError` is of an address or a header with letters that can not be sent.
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return None, str(getattr(reason, "strerror", None) or reason)


def wait_until(condition: Callable[[], bool], timeout_seconds: float) -> bool:
    """Poll `condition` until it is true; False if the time is over before it is."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(POLL_INTERVAL_SECONDS)
    return condition()
