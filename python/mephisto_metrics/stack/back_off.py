"""When to start again what has ended: after longer and longer pauses, and at some time no more."""

from __future__ import annotations

import time
from typing import Callable

STARTS_TRIED = 5
"""How often in a row a part may end before it is given up."""
HEALTHY_SECONDS = 60.0
"""What runs for so long has not failed in a row."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0


class BackOff:
    """The starts of one part, which runs at first."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        starts_tried: float = STARTS_TRIED,
    ) -> None:
        self._clock = clock
        self._starts_tried = starts_tried
        self._started_at_seconds: float | None = clock()
        self._due_at_seconds: float | None = None
        self.failures = 0
        """How often in a row it has ended."""

    def started(self) -> None:
        """Note that the part was started just now."""
        self._started_at_seconds = self._clock()
        self._due_at_seconds = None

    def ended(self) -> float | None:
        """Note that the part has ended, or could not be started, however long that took.

        Returns the pause in seconds, or None if it is given up.
        """
        if self._ran_for_long():
            self.failures = 0
        self._started_at_seconds = None
        self.failures += 1
        if self.failures >= self._starts_tried:
            return None
        pause_seconds = _pause_seconds(self.failures)
        self._due_at_seconds = self._clock() + pause_seconds
        return pause_seconds

    def _ran_for_long(self) -> bool:
        started_at_seconds = self._started_at_seconds
        if started_at_seconds is None:
            return False
        return self._clock() - started_at_seconds >= HEALTHY_SECONDS

    @property
    def is_pausing(self) -> bool:
        """Whether an end was noted and no start since."""
        return self._due_at_seconds is not None

    @property
    def is_due(self) -> bool:
        """Whether the pause is over."""
        return self._due_at_seconds is not None and self._clock() >= self._due_at_seconds


def _pause_seconds(failures: int) -> float:
    doublings = min(failures - 1, 10)  # of what is never given up, no number may become too large
    return min(FIRST_PAUSE_SECONDS * 2.0**doublings, LONGEST_PAUSE_SECONDS)
