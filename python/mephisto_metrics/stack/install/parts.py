"""An archive while it is incomplete: its first bytes, and which file of which server they are of.

Two files: `NAME.part`, and beside it `NAME.part.json`. What a later run appends must be of the same
file, so without a server's own word for that (a strong ETag, or a date) the bytes are of no use.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING

from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.files import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """The file of which a part is the beginning."""

    url: str
    """As it may be shown: others may read the file."""
    validator: str
    """What the server takes as `If-Range`: an ETag or a date; empty if it gives neither."""
    total_bytes: int | None


def validator_of(headers: Mapping[str, str]) -> str:
    """Return what tells this version of a file from every other; empty if nothing does."""
    etag = headers.get("ETag", "")
    is_strong = etag.startswith('"')
    return etag if is_strong else headers.get("Last-Modified", "")


class Part:
    """The beginning of the file that will be `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes_path = path.with_name(f"{path.name}.part")
        self._origin_path = path.with_name(f"{path.name}.part.json")

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""
        try:
            return self._bytes_path.stat().st_size
        except FileNotFoundError:
            return 0

    def origin(self, url: str) -> Origin | None:
        """Return what the bytes are of, if they can be gone on with from `url`."""
        try:
            origin = Origin(**json.loads(self._origin_path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        total = origin.total_bytes
        is_sound = isinstance(origin.validator, str) and (total is None or isinstance(total, int))
        is_possible = is_sound and (total is None or self.size_bytes <= total)
        return origin if is_possible and origin.validator and origin.url == shown(url) else None

    def begin(self, origin: Origin) -> None:
        """Start with no bytes, of another file."""
        self._bytes_path.parent.mkdir(parents=True, exist_ok=True)
        # In this order, so that no bytes are ever taken for those of another file.
        self._bytes_path.write_bytes(b"")
        write_json(self._origin_path, asdict(origin))

    def appending(self) -> IO[bytes]:
        """Open for further bytes, each of which is kept as soon as it is written."""
        return self._bytes_path.open("ab", buffering=0)

    def complete(self) -> None:
        """Make the bytes the whole file."""
        self._bytes_path.replace(self.path)
        self._origin_path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the bytes."""
        self._origin_path.unlink(missing_ok=True)
        self._bytes_path.unlink(missing_ok=True)
