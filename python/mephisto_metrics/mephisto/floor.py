"""Gauges that stay at zero where Mephisto's arithmetic would take them below.

Mephisto counts agents, workers and units by their status: one down for the status left, one up for
the status entered. These objects live in its database, the gauges in the process. An agent or unit
from before a restart was never counted in this process, so leaving its status takes one away that
was never added (`Agent.update_status`, `Unit.set_db_status`): `active_workers -1`. What was not
counted cannot be taken away, hence the floor.
"""

from __future__ import annotations

from mephisto_metrics import Gauge


class FlooredGauge(Gauge):
    """A gauge whose `dec` stops at zero."""

    def dec(self, amount: float = 1) -> None:
        """Take away `amount`, or what there is if that is less."""
        self._take_to_zero(amount)
