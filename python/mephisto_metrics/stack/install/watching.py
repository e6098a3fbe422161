"""What a download's thread and the one who waits for it have in common."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Patience:
    """How long each step of a download may take."""

    connect_seconds: float = 5.0
    answer_seconds: float = 10.0
    """From first asking until something comes, with name servers, proxies, redirects, and answers
    that pass."""
    stall_seconds: float = 20.0
    """Between two pieces of an answer."""
    retry_delays_seconds: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    """Before each further attempt, counted anew whenever bytes have come."""


class Cancelled(Exception):  # noqa: N818 - a way out, not an error
    """The download is not wanted any more."""


class Watch:
    """Lets one who waits see that nothing answers, and end what a thread does.

    Looking up a name can take the system longer than any time-out of a connection; so the time is
    taken from outside of the thread.
    """

    def __init__(self, patience: Patience, clock: Callable[[], float] = time.monotonic) -> None:
        self.patience = patience
        self._clock = clock
        self.has_received = False
        """Whether bytes have come, so that there is a network."""
        self._is_cancelled = threading.Event()
        self._asked_url: str | None = None
        self._in_vain_since_seconds: float | None = None

    def asking(self, url: str) -> None:
        """Say that an answer is waited for from now on."""
        self.check()
        if self._in_vain_since_seconds is None:
            self._in_vain_since_seconds = self._clock()
        self._asked_url = url

    def answered(self) -> None:
        """Say that there is an answer."""
        self._asked_url = None
        self.check()

    def served(self) -> None:
        """Say that the answer was what was asked for."""
        self._in_vain_since_seconds = None

    def is_too_late_after(self, seconds: float) -> bool:
        """Whether it is no use to ask once more after this time, as nothing has come so far."""
        return (
            not self.has_received
            and self._in_vain_seconds() + seconds > self.patience.answer_seconds
        )

    def overdue_url(self) -> str | None:
        """Return the address that does not answer in time; None if all is well.

        Once bytes have come there is a network, and what fails is tried again.
        """
        return self._asked_url if self.is_too_late_after(0.0) else None

    def cancel(self) -> None:
        """End the download at its next step."""
        self._is_cancelled.set()

    def check(self) -> None:
        """Raise `Cancelled` if the download is not wanted any more."""
        if self._is_cancelled.is_set():
            raise Cancelled

    def pause(self, seconds: float) -> None:
        """Wait, or raise `Cancelled` as soon as the download is not wanted any more."""
        self._is_cancelled.wait(seconds)
        self.check()

    def _in_vain_seconds(self) -> float:
        since_seconds = self._in_vain_since_seconds
        return 0.0 if since_seconds is None else self._clock() - since_seconds
