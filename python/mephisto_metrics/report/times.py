"""Times of the command line, by the rules of the page's `src/query/dateMath.ts`.

`now`, `now-6h`, `now-1d/d`, milliseconds since the epoch, ISO 8601; in this machine's time zone
where they name none.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

from mephisto_metrics.report.intervals import parse_duration_ms

_STEP = r"[+-]\d+[a-zA-Z]\w*|/[smhdwMy]"
_RELATIVE = re.compile(rf"now((?:{_STEP})*)", re.ASCII)
_OF_CALENDAR = re.compile(r"(\d+)([dwMy])", re.ASCII)
_LONGEST_MONTHS = 12 * 1000
_MILLISECOND = timedelta(milliseconds=1)


def parse_time_ms(text: str, now_ms: int, is_end: bool = False) -> int | None:
    """Return the instant that `text` names; None if it names none.

    What stands for a stretch of time, such as `now/d` or a date alone, means its beginning, and its
    last millisecond if `is_end`.
    """
    text = text.strip()
    relative = _RELATIVE.fullmatch(text)
    try:
        if relative:
            return _after_steps(re.findall(_STEP, relative[1]), now_ms, is_end)
        if re.fullmatch(r"\d{10,}", text, re.ASCII):
            return int(text)
        # Python before 3.11 does not know "Z".
        time = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
        if is_end and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            time += timedelta(days=1) - _MILLISECOND
        return _ms(time)
    except (ValueError, OverflowError, OSError):
        return None  # no time, or one that no calendar reaches


def _after_steps(steps: list[str], now_ms: int, is_end: bool) -> int | None:
    time_ms = now_ms
    for step in steps:
        if step.startswith("/"):
            time_ms = _rounded(time_ms, step[1:], is_end)
            continue
        moved_ms = _moved(time_ms, -1 if step[0] == "-" else 1, step[1:])
        if moved_ms is None:
            return None
        time_ms = moved_ms
    return time_ms


def _moved(time_ms: int, sign: int, amount: str) -> int | None:
    """Move by a duration; days and longer go by the calendar."""
    of_calendar = _OF_CALENDAR.fullmatch(amount)
    if of_calendar:
        return _ms(_added(_local(time_ms), sign * int(of_calendar[1]), of_calendar[2]))
    duration_ms = parse_duration_ms(amount)
    return None if duration_ms is None else time_ms + sign * duration_ms


def _added(time: datetime, count: int, unit: str) -> datetime:
    if unit in "dw":
        return time + timedelta(days=count * (7 if unit == "w" else 1))
    months = count if unit == "M" else 12 * count
    if abs(months) > _LONGEST_MONTHS:
        raise OverflowError
    year, month = divmod(12 * time.year + time.month - 1 + months, 12)
    # The 31st of a shorter month is its last day.
    day = min(time.day, calendar.monthrange(year, month + 1)[1])
    return time.replace(year=year, month=month + 1, day=day)


def _rounded(time_ms: int, unit: str, is_end: bool) -> int:
    """Return the beginning of the unit that the instant is in, or its last millisecond."""
    start = _start_of(_local(time_ms), unit)
    if not is_end:
        return _ms(start)
    if unit in "smh":
        return _ms(start) + (parse_duration_ms(f"1{unit}") or 0) - 1
    return _ms(_added(start, 1, unit)) - 1


def _start_of(time: datetime, unit: str) -> datetime:
    second = time.replace(microsecond=0)
    if unit == "s":
        return second
    if unit == "m":
        return second.replace(second=0)
    if unit == "h":
        return second.replace(minute=0, second=0)
    midnight = second.replace(hour=0, minute=0, second=0)
    if unit == "d":
        return midnight
    if unit == "w":
        return midnight - timedelta(days=midnight.weekday())
    return midnight.replace(day=1) if unit == "M" else midnight.replace(month=1, day=1)


def _local(time_ms: int) -> datetime:
    """Return what a clock on the wall shows then, so that days are those of the calendar."""
    return datetime.fromtimestamp(time_ms / 1000)


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
