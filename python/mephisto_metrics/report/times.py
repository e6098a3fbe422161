"""Times of the command line: `now`, `now-6h`, milliseconds since the epoch, ISO 8601."""

from __future__ import annotations

import re
from datetime import datetime

from mephisto_metrics.report.intervals import parse_duration_ms


def parse_time_ms(text: str, now_ms: int) -> int | None:
    """Return the instant that `text` names; None if it names none. Local time without an offset."""
    text = text.strip()
    if text == "now":
        return now_ms
    if text.startswith("now-"):
        ago_ms = parse_duration_ms(text[len("now-") :])
        return None if ago_ms is None else now_ms - ago_ms
    if re.fullmatch(r"\d{10,}", text, re.ASCII):
        return int(text)
    try:
        # Python before 3.11 does not know "Z".
        time = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    except ValueError:
        return None
    return round(time.timestamp() * 1000)
