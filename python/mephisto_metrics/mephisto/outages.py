"""Whether the metrics of this process are recorded, as the log tells it: its last word is true."""

from __future__ import annotations

import logging
import threading

logger = logging.getLogger("mephisto_metrics")

STORE = "store"
ANNOUNCEMENT = "announcement"


class Outages:
    """What is in the way of recording: a reason for each part that fails."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._lock = threading.Lock()

    def begin(self, part: str, error: Exception) -> None:
        """Note that a part fails: told once until it does well, and once if two fail alike."""
        hint = getattr(error, "hint", None)
        reason = f"{error}; {hint}" if hint else str(error)
        with self._lock:
            is_new = part not in self._reasons and reason not in self._reasons.values()
            self._reasons.setdefault(part, reason)
            if is_new:
                logger.warning("the metrics of this Operator are not recorded: %s", reason)

    def end(self, part: str) -> None:
        """Note that a part does well: told if it was the last one in the way."""
        with self._lock:
            was_failing = self._reasons.pop(part, None) is not None
            if was_failing and not self._reasons:
                logger.info("the metrics of this Operator are recorded")
