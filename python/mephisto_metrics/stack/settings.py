"""What the environment sets: one function for each variable that a part reads."""

from __future__ import annotations

import os

from mephisto_metrics.stack.errors import StackError

DEFAULT_STORE_PORT = 9090
DEFAULT_VIEWER_PORT = 3032
DEFAULT_SCRAPE_INTERVAL_SECONDS = 5.0
LONGEST_SCRAPE_INTERVAL_SECONDS = 3600.0
HIGHEST_PORT = 65535


def store_port() -> int:
    """Return the port for the store: `PROMETHEUS_PORT`, by default 9090; 0 is any free one."""
    return _port("PROMETHEUS_PORT", DEFAULT_STORE_PORT)


def viewer_port() -> int:
    """Return the port for the page: `GRAFANA_PORT`, by default 3032; 0 is any free one."""
    return _port("GRAFANA_PORT", DEFAULT_VIEWER_PORT)


def scrape_interval_seconds() -> float:
    """Return how often the store scrapes: `$MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS`, or 5."""
    variable = "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS"
    text = os.environ.get(variable, "").strip()
    if not text:
        return DEFAULT_SCRAPE_INTERVAL_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_SCRAPE_INTERVAL_SECONDS:
        raise StackError(
            f"{variable} is {text!r}, which is no interval",
            f"set it to seconds, more than 0 and at most {LONGEST_SCRAPE_INTERVAL_SECONDS:.0f}",
        )
    return seconds


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise StackError(
            f"{variable} is {text!r}, which is not a port",
            f"set it to a number from 0 to {HIGHEST_PORT}, or leave it out for {default}",
        )
    return int(text)
