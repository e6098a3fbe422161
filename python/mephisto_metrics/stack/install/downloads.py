"""Files from servers: gone on with where an earlier attempt broke off, never glued of two files."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Callable

import requests

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.install.answers import BrokenOff, accept, ask, resuming
from mephisto_metrics.stack.install.network import FAULTS, OTHER_WAYS, explain, refusal
from mephisto_metrics.stack.install.parts import Part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mephisto_metrics.stack.install.watching import Watch

CHUNK_BYTES = 64 << 10
ARCHIVE_LIMIT_BYTES = 2 << 30
TEXT_LIMIT_BYTES = 1 << 20
OnRead = Callable[[int, "int | None"], None]


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
            except BrokenOff as broken:
                # More than ever: a part may have been discarded meanwhile.
                if part.size_bytes > most_bytes:
                    delays, most_bytes = iter(watch.patience.retry_delays_seconds), part.size_bytes
                delay_seconds = next(delays, None)
                if delay_seconds is None or watch.is_too_late_after(delay_seconds):
                    raise _given_up(url, part, watch, broken) from broken
                watch.pause(delay_seconds)


def read_text(url: str, watch: Watch) -> str:
    """Return a small text, such as a file with checksums."""
    with requests.Session() as session, ask(session, url, watch, {}) as response:
        if response.status_code != HTTPStatus.OK:
            raise refusal(url, response.status_code)
        watch.served()
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
    """Get what is missing of a file; `BrokenOff` if some of it still is then."""
    origin = part.origin(url)
    if origin and part.size_bytes == origin.total_bytes:
        return
    try:
        response = ask(session, url, watch, resuming(part, origin))
    except StackError as error:
        if part.size_bytes and watch.has_received:
            raise BrokenOff(str(error)) from error
        raise
    with response:
        total_bytes = accept(response, url, part, origin)
        _receive(response, part, total_bytes, watch, on_read)


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
        raise BrokenOff("the server closed the connection")


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
            raise BrokenOff(explain(error)) from error
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


def _check_limit(part: Part, done_bytes: int) -> None:
    if done_bytes > ARCHIVE_LIMIT_BYTES:
        part.discard()
        raise StackError(
            f"`{part.path.name}` does not end: more than {ARCHIVE_LIMIT_BYTES:,} bytes have come",
            "check the address",
        )


def _given_up(url: str, part: Part, watch: Watch, broken: BrokenOff) -> StackError:
    if not (part.size_bytes or watch.has_received):
        reason = f"nothing has come from {shown(url)}: {broken}"
        return StackError(reason, f"try again later; or {OTHER_WAYS}")
    return StackError(
        f"the download of {shown(url)} broke off after {part.size_bytes:,} bytes: {broken}",
        "run the same command again: it goes on where this one stopped",
    )
