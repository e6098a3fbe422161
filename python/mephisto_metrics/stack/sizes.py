"""Sizes as Prometheus's options have them: `512MB` is 512 * 1024 * 1024 bytes."""

from __future__ import annotations

import re

LARGEST_SIZE, LARGEST_BYTES = "7EB", 7 * 1024**6
"""Prometheus, which counts bytes in 63 bits, takes no 8EB."""
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_SIZE = re.compile(rf"(\d+)({'|'.join(_UNITS)})", re.ASCII)


def bytes_of(text: str) -> int | None:
    """Return how many bytes a text such as `512MB` means; None if it is no size."""
    found = _SIZE.fullmatch(text.strip().upper())
    if found is None:
        return None
    unit_bytes: int = 1024 ** _UNITS.index(found[2])
    return int(found[1]) * unit_bytes
