"""Files from servers: gone on with where an earlier attempt broke off, never glued of two files."""

from __future__ import annotations

import re
import shutil
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import urlsplit

import requests

import mephisto_metrics
from mephisto_metrics.stack.errors import StackError
from mephisto_metrics.stack.install.network import FAULTS, explain, fault, refusal, shown
from mephisto_metrics.stack.install.parts import Origin, Part, validator_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mephisto_metrics.stack.install.watching import Watch

CHUNK_BYTES = 64 << 10
ARCHIVE_LIMIT_BYTES = 2 << 30
TEXT_LIMIT_BYTES = 1 << 20
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

OnRead = Callable[[int, "int | None"], None]


class _Broken(Exception):  # noqa: N818 - becomes an error once no attempt is left
    """An attempt ended before the file did."""


def download(url: str, path: Path, watch: Watch, on_read: OnRead) -> None:
    """Make `path` the file at `url`; `on_read` gets how much there is, and of how much.

    Raises `UnreachableError` where nothing answers, and `StackError` for all else. What has come
    by then is kept beside `path`, and the next call goes on from there.
    """
    part = Part(path)
    delays, most_bytes = iter(watch.patience.retry_delays_seconds), part.size_bytes
    with requests.Session() as session:
        while True:
            try:
                _attempt(session, url, part, watch, on_read)
                return part.complete()
            except _Broken as broken:
                # More than ever: a part may have been discarded meanwhile.
                if part.size_bytes > most_bytes:
                    delays, most_bytes = iter(watch.patience.retry_delays_seconds), part.size_bytes
                delay = next(delays, None)
                if delay is None:
                    raise _given_up(url, part, broken) from broken
                watch.pause(delay)


def read_text(url: str, watch: Watch) -> str:
    """Return a small text, such as a file with checksums."""
    with requests.Session() as session, _ask(session, url, watch, {}) as response:
        if response.status_code != HTTPStatus.OK:
            raise refusal(url, response.status_code)
        content = b""
        try:
            for chunk in response.iter_content(CHUNK_BYTES):
                content += chunk
                watch.check()
                if len(content) > TEXT_LIMIT_BYTES:
                    raise StackError(
                        f"{shown(url)} is too large for a file with checksums",
                        "check the address",
                    )
        except FAULTS as error:
            raise StackError(
                f"the download of {shown(url)} broke off: {explain(error)}", "try again"
            ) from error
        return content.decode("utf-8", errors="replace")


def _attempt(
    session: requests.Session, url: str, part: Part, watch: Watch, on_read: OnRead
) -> None:
    """Get what is missing of a file; `_Broken` if some of it still is then."""
    origin = part.origin(url)
    if origin and part.size_bytes == origin.total_bytes:
        return
    try:
        response = _ask(session, url, watch, _resuming(part, origin))
    except StackError as error:
        if part.size_bytes and watch.has_received:
            raise _Broken(str(error)) from error
        raise
    with response:
        total_bytes = _accept(response, url, part, origin)
        _receive(response, part, total_bytes, watch, on_read)


def _resuming(part: Part, origin: Origin | None) -> dict[str, str]:
    if origin is None or not part.size_bytes:
        return {}
    return {"Range": f"bytes={part.size_bytes}-", "If-Range": origin.validator}


def _ask(session: requests.Session, url: str, watch: Watch, headers: dict[str, str]) -> Any:
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


def _refuse_downgrade(url: str, response: Any) -> None:
    schemes = [urlsplit(one.url).scheme for one in (*response.history, response)]
    if "https" in schemes and "http" in schemes[schemes.index("https") :]:
        response.close()
        raise StackError(
            f"{shown(url)} leads to an address without encryption, {shown(response.url)}",
            "see what stands between this machine and that server",
        )


def _accept(response: Any, url: str, part: Part, origin: Origin | None) -> int | None:
    """Make the part ready for an answer's bytes; return how many there will be with them."""
    status = response.status_code
    if status == HTTPStatus.PARTIAL_CONTENT:
        return _go_on(response, part, origin)
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.discard()
        raise _Broken("the file has changed meanwhile")
    if status in PASSING:
        raise _Broken(str(refusal(url, status)))
    if status != HTTPStatus.OK:
        raise refusal(url, status)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise StackError(
            f"{shown(url)} answers with a web page instead of an archive",
            "see whether this network wants you to log in first, or the mirror's address is wrong",
        )
    total_bytes = _length(response)
    _check_space(part.path, total_bytes)
    part.begin(Origin(url, validator_of(response.headers), total_bytes))
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
        raise _Broken("the server sends another part of the file than was asked for")
    return int(found["total"])


def _receive(
    response: Any, part: Part, total_bytes: int | None, watch: Watch, on_read: OnRead
) -> None:
    """Append an answer's bytes, each of which counts even if later ones do not come."""
    try:
        with part.appending() as file:
            for done_bytes in _pieces(response, part.size_bytes, file, watch):
                on_read(done_bytes, total_bytes)
                _check_limit(part, done_bytes)
    except _DiskFault as disk:
        part.discard()
        raise disk.error from None
    if total_bytes is not None and part.size_bytes < total_bytes:
        raise _Broken("the server closed the connection")


def _pieces(response: Any, done_bytes: int, file: Any, watch: Watch) -> Iterator[int]:
    """Write an answer to a file, piece by piece; give how many bytes it has after each."""
    yield done_bytes
    # Not `iter_content`, which would unpack what a server calls packed.
    stream = response.raw.stream(CHUNK_BYTES, decode_content=False)
    while True:
        watch.check()
        try:
            chunk = next(stream, None)
        except FAULTS as error:
            raise _Broken(explain(error)) from error
        if chunk is None:
            return
        _write(file, chunk)
        watch.has_received = True
        done_bytes += len(chunk)
        yield done_bytes


class _DiskFault(Exception):  # noqa: N818 - tells the disk's errors from the network's
    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _write(file: Any, chunk: bytes) -> None:
    rest = memoryview(chunk)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise _DiskFault(error) from error


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


def _check_limit(part: Part, done_bytes: int) -> None:
    if done_bytes > ARCHIVE_LIMIT_BYTES:
        part.discard()
        raise StackError(
            f"`{part.path.name}` does not end: more than {ARCHIVE_LIMIT_BYTES:,} bytes have come",
            "check the address",
        )


def _given_up(url: str, part: Part, broken: _Broken) -> StackError:
    return StackError(
        f"the download of {shown(url)} broke off after {part.size_bytes:,} bytes: {broken}",
        "run the same command again: it goes on where this one stopped",
    )
