"""How long samples are kept, in Prometheus's notation: `15d`, `10GB`, or both, `15d,10GB`."""

from __future__ import annotations

import re
from typing import NamedTuple

from mephisto_metrics.stack.sizes import bytes_of

DEFAULT_SECONDS = 15 * 24 * 60 * 60
_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_TIME = re.compile(r"(?:\d+(?:ms|[ywdhms]))+")
_TIME_PART = re.compile(r"(\d+)(ms|[ywdhms])")


class Retention(NamedTuple):
    """What ends first takes the oldest samples along."""

    seconds: float
    size_bytes: int | None


def parse_retention(text: str) -> Retention:
    """Read a retention; raises `ValueError` that names what can not be read.

    The notation is that of Prometheus's `--storage.tsdb.retention.time` and `.size`.
    """
    seconds, size_bytes = None, None
    for part in filter(None, (part.strip() for part in text.split(","))):
        size = bytes_of(part)
        if size is not None and size_bytes is None:
            size_bytes = size
        elif _TIME.fullmatch(part) and seconds is None:
            seconds = sum(int(n) * _UNIT_SECONDS[unit] for n, unit in _TIME_PART.findall(part))
        else:
            raise ValueError(f"{part!r} is neither a time nor a size, or is there twice")
    if seconds == 0 or size_bytes == 0:
        raise ValueError("it would keep nothing")
    return Retention(DEFAULT_SECONDS if seconds is None else seconds, size_bytes)
