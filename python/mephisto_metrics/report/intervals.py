"""Durations, steps and windows, by the rules of the page's `src/query/interval.ts`."""

from __future__ import annotations

import re

from mephisto_metrics.stack.durations import UNIT_MS, milliseconds_of

# Upper limits of a raw interval and what it is rounded to, in milliseconds.
_ROUNDING = (
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
    (750, 500),
    (1500, 1000),
    (3500, 2000),
    (7500, 5000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (86_400_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
    (3_628_800_000, 2_592_000_000),
)
_YEAR_MS = UNIT_MS["y"]

MAX_POINTS = 11_000
"""Prometheus refuses a query of more points for each series than this."""


def parse_duration_ms(text: str) -> int | None:
    """Return the milliseconds of `15s`, `1h30m` or Grafana's `>10s`; a bare number is seconds."""
    trimmed = re.sub(r"^[<>]\s*", "", text).strip()
    if re.fullmatch(r"\d+", trimmed, re.ASCII):
        return int(trimmed) * 1000
    return milliseconds_of(trimmed)


def format_duration(duration_ms: int) -> str:
    """Return a PromQL duration of exactly `duration_ms`."""
    seconds, rest = divmod(duration_ms, 1000)
    return f"{duration_ms}ms" if rest else f"{seconds}s"


def interval_ms(span_ms: int, max_data_points: int, min_interval_ms: int) -> int:
    """Return the step: a point for each of `max_data_points`, rounded, never below the minimum."""
    raw = span_ms / max(1, max_data_points)
    calculated = min_interval_ms if raw < min_interval_ms else _rounded(raw)
    return max(calculated, _rounded(span_ms / MAX_POINTS))


def rate_interval_ms(step_ms: int, min_step_ms: int) -> int:
    """Return a window so wide that a rate over it always has the two samples it needs."""
    return max(step_ms + min_step_ms, 4 * min_step_ms)


def aligned(time_ms: int, step_ms: int, utc_offset_ms: int) -> int:
    """Return the time moved down to a multiple of the step."""
    return (time_ms + utc_offset_ms) // step_ms * step_ms - utc_offset_ms


def _rounded(interval: float) -> int:
    return next((rounded for limit, rounded in _ROUNDING if interval <= limit), _YEAR_MS)
