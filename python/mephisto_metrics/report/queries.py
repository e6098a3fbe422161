"""From a board's targets to what the store is asked, by the rules of `src/query/load.ts`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple

from mephisto_metrics.report.intervals import (
    MAX_POINTS,
    aligned,
    format_duration,
    interval_ms,
    parse_duration_ms,
    rate_interval_ms,
)
from mephisto_metrics.report.variables import Choice, substitute

_RATE_INTERVAL = re.compile(r"\$(__rate_interval|\{__rate_interval\})")
_ANNOTATION_STEP_MS = 60_000

PAGE_WIDTH_PIXELS = 1280
GRID_COLUMNS = 24


class TimeRange(NamedTuple):
    """Milliseconds since the epoch, both ends included."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class View:
    """What all queries of a snapshot have in common."""

    range: TimeRange
    choices: Sequence[Choice]
    scrape_interval_ms: int
    utc_offset_ms: int


@dataclass(frozen=True)
class Query:
    """A query as it goes to the store; without a step it is evaluated once, at the end."""

    expr: str
    range: TimeRange
    step_ms: int | None


def utc_offset_ms(time_ms: int) -> int:
    """Return how far this machine's time zone is ahead of UTC."""
    offset = datetime.fromtimestamp(time_ms / 1000, timezone.utc).astimezone().utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def width_pixels(panel: Mapping[str, Any]) -> int:
    """Return how wide the panel is in a window of a usual size."""
    columns: int = panel["gridPos"]["w"]
    return round(columns / GRID_COLUMNS * PAGE_WIDTH_PIXELS)


def prepare(
    target: Mapping[str, Any], panel: Mapping[str, Any], width_pixels: int, view: View
) -> Query:
    """Write the variables into a target's query and align its range."""
    step_ms, rate_ms = _steps(target, panel, width_pixels, view)
    range_seconds = math.floor((view.range.to_ms - view.range.from_ms) / 1000 + 0.5)
    expr = substitute(
        target["expr"],
        view.choices,
        {
            "__interval": format_duration(step_ms),
            "__interval_ms": str(step_ms),
            "__rate_interval": format_duration(rate_ms),
            "__rate_interval_ms": str(rate_ms),
            "__range": f"{range_seconds}s",
            "__range_s": str(range_seconds),
            "__range_ms": str(range_seconds * 1000),
        },
    )
    if target.get("instant") is True and target.get("range") is not True:
        return Query(expr, view.range, None)
    ends = (aligned(time_ms, step_ms, view.utc_offset_ms) for time_ms in view.range)
    return Query(expr, TimeRange(*ends), step_ms)


def annotation_query(annotation: Mapping[str, Any], view: View) -> Query | None:
    """Return what an annotation asks the store; None if it asks nothing, or is switched off."""
    expr = annotation.get("expr") or (annotation.get("target") or {}).get("expr") or ""
    if not expr or not annotation.get("enable"):
        return None
    wanted_ms = parse_duration_ms(annotation.get("step") or "")
    span_ms = view.range.to_ms - view.range.from_ms
    step_ms = interval_ms(span_ms, MAX_POINTS, wanted_ms or _ANNOTATION_STEP_MS)
    target = {"expr": expr, "interval": f"{step_ms}ms"}
    return prepare(target, {}, MAX_POINTS, view)


def _steps(
    target: Mapping[str, Any], panel: Mapping[str, Any], width_pixels: int, view: View
) -> tuple[int, int]:
    """Return the step and the rate interval, the same where the latter is wanted as the step."""
    own = target.get("interval")
    wanted = substitute(panel.get("interval") or "" if own is None else own, view.choices)
    parsed_ms = parse_duration_ms(wanted)
    min_step_ms = view.scrape_interval_ms if parsed_ms is None else parsed_ms
    points = panel.get("maxDataPoints")
    span_ms = view.range.to_ms - view.range.from_ms
    step_ms = interval_ms(span_ms, width_pixels if points is None else points, min_step_ms)
    rate_ms = rate_interval_ms(step_ms, min_step_ms)
    return (rate_ms if _RATE_INTERVAL.fullmatch(wanted) else step_ms), rate_ms
