"""Ending a simulation in order."""

from __future__ import annotations

import signal
import threading


def stop_on_signal() -> threading.Event:
    """Return an event that SIGTERM or SIGINT sets; for the main thread only."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
