"""Ending a simulation in order."""

from __future__ import annotations

import os
import signal
import sys
import threading


def stop_on_signal() -> threading.Event:
    """Return an event that SIGTERM or SIGINT sets; for the main thread only."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def stop_at_end_of_input(stop: threading.Event) -> None:
    """Set `stop` when stdin ends: a pipe does with the process that holds its other end."""

    def read_to_the_end() -> None:
        # Not through `sys.stdin`, whose lock would be held while the interpreter ends.
        while os.read(sys.stdin.fileno(), 1):
            pass
        stop.set()

    threading.Thread(target=read_to_the_end, daemon=True).start()
