"""Metrics pushed to Graphite."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Callable

from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector
from mephisto_metrics.prometheus_client.samples import Sample

# Graphite makes file names of the parts, and a dot separates them.
_INVALID_CHARACTERS = re.compile(r"[^a-zA-Z0-9_-]")


class GraphiteBridge:
    """Sends the samples of a registry to Graphite, in its plain-text protocol.

    `address` is host and port; `tags` sends labels as tags (`;name=value`), otherwise they are
    parts of the path (`.name.value`).
    """

    def __init__(
        self,
        address: tuple[str, int],
        registry: Collector = REGISTRY,
        timeout_seconds: float = 30,
        _timer: Callable[[], float] = time.time,
        tags: bool = False,
    ) -> None:
        self._address = address
        self._registry = registry
        self._timeout = timeout_seconds
        self._timer = _timer
        self._tags = tags

    def push(self, prefix: str = "") -> None:
        """Send all samples once, their paths below `prefix`; `OSError` if that fails."""
        text = "".join(self._lines(f"{prefix}." if prefix else ""))
        with socket.create_connection(self._address, self._timeout) as connection:
            connection.sendall(text.encode("ascii"))

    def start(self, interval: float = 60.0, prefix: str = "") -> None:
        """Push every `interval` seconds from a daemon thread; what fails is logged."""
        threading.Thread(target=self._push_regularly, args=(interval, prefix), daemon=True).start()

    def _push_regularly(self, interval_seconds: float, prefix: str) -> None:
        due = time.monotonic()
        while True:
            try:
                self.push(prefix)
            except OSError:
                logging.exception("Push failed")
            # Behind a slow push, those that were missed are left out.
            late = time.monotonic() - due
            due += interval_seconds * (late // interval_seconds + 1)
            time.sleep(max(0.0, due - time.monotonic()))

    def _lines(self, prefix: str) -> Iterator[str]:
        now = int(self._timer())
        for family in self._registry.collect():
            for sample in family.samples:
                path = f"{prefix}{_sanitize(sample.name)}{self._labels(sample)}"
                yield f"{path} {float(sample.value)} {now}\n"

    def _labels(self, sample: Sample) -> str:
        pairs = [
            (_sanitize(name), _sanitize(value)) for name, value in sorted(sample.labels.items())
        ]
        form = ";{}={}" if self._tags else ".{}.{}"
        return "".join(form.format(*pair) for pair in pairs)


def _sanitize(s: str) -> str:
    return _INVALID_CHARACTERS.sub("_", s)
