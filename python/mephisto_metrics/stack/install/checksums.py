"""SHA-256 digests: of files, and in the publishers' files that list them."""

from __future__ import annotations

import hashlib
import re
from typing import IO, TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK_BYTES = 1 << 20
DIGEST = re.compile(r"[0-9a-fA-F]{64}")
LINE = re.compile(rf"(?P<digest>{DIGEST.pattern})[ \t]+\*?(?P<path>\S.*)")


def sha256(file: IO[bytes], on_read: Callable[[int], None] = lambda _: None) -> str:
    """Return the digest of a whole file; `on_read` gets how many bytes have been read."""
    digest, done_bytes = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        done_bytes += len(chunk)
        on_read(done_bytes)
    return digest.hexdigest()


def find(text: str, file_name: str, where: str) -> str:
    """Return the digest of a file according to a publisher's file with checksums.

    That is either a digest and nothing else, or lines of a digest and a path.
    """
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if len(lines) == 1 and DIGEST.fullmatch(lines[0]):
        return lines[0].lower()
    listed = [found for found in map(LINE.fullmatch, lines) if found]
    digests = {
        found["digest"].lower()
        for found in listed
        if re.split(r"[/\\]", found["path"])[-1] == file_name
    }
    if len(digests) == 1:
        return digests.pop()
    reason = _reason(bool(listed), bool(digests), file_name)
    raise StackError(
        f"{where} {reason}", "check the version and the address, then try again; nothing was kept"
    )


def _reason(is_list: bool, is_ambiguous: bool, file_name: str) -> str:
    if not is_list:
        return "is no file with SHA-256 checksums: expected lines `DIGEST  NAME`, or a digest alone"
    if is_ambiguous:
        return f"lists several different digests for `{file_name}`"
    return f"does not list `{file_name}`"
