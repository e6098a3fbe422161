"""How long samples are kept, in Prometheus's notation: `15d`, `10GB`, or both, `15d,10GB`."""

from __future__ import annotations

from typing import NamedTuple

from mephisto_metrics.stack.durations import UNIT_MS, milliseconds_of
from mephisto_metrics.stack.sizes import LARGEST_BYTES, LARGEST_SIZE, bytes_of

DEFAULT_SECONDS = 15 * 24 * 60 * 60
LONGEST_YEARS = 292
"""Prometheus counts nanoseconds in 63 bits."""


class Retention(NamedTuple):
    """What ends first takes the oldest samples along."""

    seconds: float
    size_bytes: int | None


def parse_retention(text: str) -> Retention:
    """Read a retention; raises `ValueError` that names what can not be read.

    The notation is that of Prometheus's `--storage.tsdb.retention.time` and `.size`.
    """
    time_ms, size_bytes = None, None
    for part in filter(None, (part.strip() for part in text.split(","))):
        size, duration_ms = bytes_of(part), milliseconds_of(part)
        if size is not None and size_bytes is None:
            size_bytes = size
        elif duration_ms is not None and time_ms is None:
            time_ms = duration_ms
        else:
            raise ValueError(f"{part!r} is neither a time nor a size, or is there twice")
    _check(time_ms, size_bytes)
    return Retention(DEFAULT_SECONDS if time_ms is None else time_ms / 1000, size_bytes)


def _check(time_ms: int | None, size_bytes: int | None) -> None:
    if time_ms == 0 or size_bytes == 0:
        raise ValueError("it would keep nothing")
    if time_ms is not None and time_ms > LONGEST_YEARS * UNIT_MS["y"]:
        raise ValueError(f"the longest time is {LONGEST_YEARS}y")
    if size_bytes is not None and size_bytes > LARGEST_BYTES:
        raise ValueError(f"the largest size is {LARGEST_SIZE}")
