"""What the environment sets: one function for each variable that a part reads."""

from __future__ import annotations

import os

from mephisto_metrics.stack.errors import StackError

DEFAULT_STORE_PORT = 9090
DEFAULT_VIEWER_PORT = 3032
HIGHEST_PORT = 65535


def store_port() -> int:
    """Return the port for the store: `PROMETHEUS_PORT`, by default 9090; 0 is any free one."""
    return _port("PROMETHEUS_PORT", DEFAULT_STORE_PORT)


def viewer_port() -> int:
    """Return the port for the page: `GRAFANA_PORT`, by default 3032; 0 is any free one."""
    return _port("GRAFANA_PORT", DEFAULT_VIEWER_PORT)


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
