"""Durations as Prometheus has them: `1h30m`, `15d`."""

from __future__ import annotations

import re

UNIT_MS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
_PART = re.compile(r"(\d+)(ms|[smhdwy])", re.ASCII)
_WHOLE = re.compile(r"(?:\d+(?:ms|[smhdwy]))+", re.ASCII)


def milliseconds_of(text: str) -> int | None:
    """Return how long a text such as `1h30m` means; None if it is no duration."""
    if not _WHOLE.fullmatch(text):
        return None
    return sum(int(count) * UNIT_MS[unit] for count, unit in _PART.findall(text))
