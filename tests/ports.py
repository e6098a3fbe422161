"""Ports that are free now and later, for programs that must be told one."""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"
PORTS = range(10_000, 32_000)
"""Below those that Linux gives to whoever names none: one of these could have it between two uses.

Other tests, which run at the same time, bind port 0 all the while.
"""


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody gets by chance."""
    while True:
        port = random.choice(PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port
