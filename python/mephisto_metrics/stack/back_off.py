"""When to start again what has ended: after longer and longer pauses, and at some time no more."""

from __future__ import annotations

import time
from typing import Callable

STARTS_TRIED = 5
"""How often in a row a part may end before it is given up."""
HEALTHY_SECONDS = 60.0
"""What runs for so long has not failed in a row."""
FIRST_PAUSE_SECONDS = 1.0


class BackOff:
    """The starts of one part."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started_at_seconds = clock()
        self._due_at_seconds: float | None = None
        self.failures = 0
        """How often in a row it has ended."""

    def started(self) -> None:
        """Note that the part was started just now."""
        self._started_at_seconds = self._clock()
        self._due_at_seconds = None

    def ended(self) -> float | None:
        """Note that the part has ended; return the pause in seconds, or None if it is given up."""
        if self._clock() - self._started_at_seconds >= HEALTHY_SECONDS:
            self.failures = 0
        self.failures += 1
        if self.failures >= STARTS_TRIED:
            return None
        pause_seconds: float = FIRST_PAUSE_SECONDS * 2 ** (self.failures - 1)
        self._due_at_seconds = self._clock() + pause_seconds
        return pause_seconds

    @property
    def is_pausing(self) -> bool:
        """Whether an end was noted and no start since."""
        return self._due_at_seconds is not None

    @property
    def is_due(self) -> bool:
        """Whether the pause is over."""
        return self._due_at_seconds is not None and self._clock() >= self._due_at_seconds
