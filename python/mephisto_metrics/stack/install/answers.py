"""Asking a server, and judging its answer before a byte of it is used."""

from __future__ import annotations

import re
import shutil
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import mephisto_metrics
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.install.network import FAULTS, fault, refusal
from mephisto_metrics.stack.install.parts import Origin, Part, validator_of

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from mephisto_metrics.stack.install.watching import Watch

CONTENT_RANGE = re.compile(r"bytes (?P<first>\d+)-\d+/(?P<total>\d+)")
PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
"""Answers after which another attempt may succeed."""


class BrokenOff(Exception):  # noqa: N818 - becomes an error once no attempt is left
    """An attempt ended before the file did."""


def ask(session: requests.Session, url: str, watch: Watch, headers: dict[str, str]) -> Any:
    """Send a request, and return its answer as soon as it begins."""
    own = {
        "User-Agent": f"mephisto-metrics/{mephisto_metrics.__version__}",
        # What is packed once more on the way has other bytes, and no digest is of those.
        "Accept-Encoding": "identity",
    }
    timeouts = (watch.patience.connect_seconds, watch.patience.stall_seconds)
    watch.asking(url)
    try:
        response = session.get(url, headers={**own, **headers}, stream=True, timeout=timeouts)
    except FAULTS as error:
        watch.answered()
        raise fault(url, error) from error
    watch.answered()
    _refuse_downgrade(url, response)
    return response


def resuming(part: Part, origin: Origin | None) -> dict[str, str]:
    """Return the headers that ask for what is missing of a file, if it is still the same."""
    if origin is None or not part.size_bytes:
        return {}
    return {"Range": f"bytes={part.size_bytes}-", "If-Range": origin.validator}


def accept(response: Any, url: str, part: Part, origin: Origin | None) -> int | None:
    """Make the part ready for an answer's bytes; return how many there will be with them."""
    status = response.status_code
    if status == HTTPStatus.PARTIAL_CONTENT:
        return _go_on(response, part, origin)
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.discard()
        raise BrokenOff("the file has changed meanwhile")
    if status in PASSING:
        raise BrokenOff(str(refusal(url, status)))
    if status != HTTPStatus.OK:
        raise refusal(url, status)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise StackError(
            f"{shown(url)} answers with a web page instead of an archive",
            "see whether this network wants you to log in first, or the mirror's address is wrong",
        )
    total_bytes = _length(response)
    _check_space(part.path, total_bytes)
    part.begin(Origin(shown(url), validator_of(response.headers), total_bytes))
    return total_bytes


def _go_on(response: Any, part: Part, origin: Origin | None) -> int:
    """Check that an answer is what comes next of the same file."""
    found = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    etag = response.headers.get("ETag")
    is_next = (
        origin is not None
        and found is not None
        and int(found["first"]) == part.size_bytes
        and origin.total_bytes in {None, int(found["total"])}
        and (etag is None or not origin.validator.startswith('"') or etag == origin.validator)
    )
    if not is_next or found is None:
        part.discard()
        raise BrokenOff("the server sends another part of the file than was asked for")
    return int(found["total"])


def _refuse_downgrade(url: str, response: Any) -> None:
    schemes = [urlsplit(one.url).scheme for one in (*response.history, response)]
    if "https" in schemes and "http" in schemes[schemes.index("https") :]:
        response.close()
        raise StackError(
            f"{shown(url)} leads to an address without encryption, {shown(response.url)}",
            "see what stands between this machine and that server",
        )


def _length(response: Any) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def _check_space(path: Path, total_bytes: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    free_bytes = shutil.disk_usage(path.parent).free
    if total_bytes is not None and total_bytes > free_bytes:
        raise StackError(
            f"`{path.name}` has {total_bytes:,} bytes, and `{path.parent}` has {free_bytes:,} free",
            "free some space there, or set MEPHISTO_METRICS_HOME to a folder on another disk",
        )
