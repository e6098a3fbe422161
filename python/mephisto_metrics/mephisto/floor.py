"""Gauges that stay at zero where Mephisto's arithmetic would take them below.

Mephisto counts agents, workers and units by their status: one down for the status left, one up for
the status entered. These objects live in its database, the gauges in the process. An agent or unit
from before a restart was never counted in this process, so leaving its status takes one away that
was never added (`Agent.update_status`, `Unit.set_db_status`): `active_workers -1`. What was not
counted cannot be taken away, hence the floor.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from mephisto_metrics.inprogress import InprogressTracker

if TYPE_CHECKING:
    from mephisto_metrics import Gauge


class FlooredGauge:
    """A gauge, or one child of it, whose `dec` stops at zero."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._children: dict[tuple[str, ...], FlooredGauge] = {}
        self._value = 0.0
        self._lock = threading.Lock()

    def labels(self, *values: object, **by_name: object) -> FlooredGauge:
        """Return the child for these label values, always the same one."""
        child = self._gauge.labels(*values, **by_name)
        ordered = values or tuple(by_name[name] for name in self._gauge._labelnames)
        with self._lock:
            return self._children.setdefault(tuple(map(str, ordered)), FlooredGauge(child))

    def inc(self, amount: float = 1.0) -> None:
        """Add `amount`."""
        with self._lock:
            self._set(self._value + amount)

    def dec(self, amount: float = 1.0) -> None:
        """Take away `amount`, or what there is if that is less."""
        with self._lock:
            self._set(max(0.0, self._value - amount))

    def set(self, value: float) -> None:
        """Replace the value."""
        with self._lock:
            self._set(value)

    def track_inprogress(self) -> Any:
        """Return a context manager and decorator that adds one while a block or call runs."""
        return InprogressTracker(self)  # type: ignore[arg-type]

    def _set(self, value: float) -> None:
        self._gauge.set(value)
        self._value = value
