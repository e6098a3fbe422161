"""How quickly simulated workers come, work and leave, and how often something goes wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass

KINDS = ("onboarding", "concurrent", "screening", "gold")
"""The run kinds: each is a way in which Mephisto hands out work, with metrics of its own."""


@dataclass(frozen=True)
class Pace:
    """The tempo of a simulation. Shares are probabilities between 0 and 1."""

    arrival_seconds: float
    """Mean time between two arrivals of new workers in one task run."""
    work_seconds: tuple[float, float]
    """Shortest and longest time that a worker takes for one step."""
    assignments: int
    """Assignments that each task run offers; a concurrent one has two units in each."""
    failing_share: float = 0.25
    """Onboardings, screenings and golds answered wrongly, which disqualifies."""
    disconnecting_share: float = 0.1
    """Steps at which a worker closes the browser instead."""
    reloading_share: float = 0.15
    """Steps at which a worker reloads the page, which Mephisto counts as a reconnection."""
    error_share: float = 0.05
    """Steps at which the worker's browser reports a script error."""
    returning_share: float = 0.7
    """Workers that ask for more after a unit is done or refused."""
    skewed_share: float = 0.05
    """Workers whose clock is ahead."""
    skew_seconds: tuple[float, float] = (1.0, 90.0)
    """By how much a clock that is ahead is so, at least and at most."""

    def work(self, rng: random.Random) -> float:
        """Return how many seconds one step takes."""
        return rng.uniform(*self.work_seconds)

    def clock_ahead(self, rng: random.Random) -> float:
        """Return by how many seconds a worker's clock is ahead: mostly by none."""
        is_skewed = rng.random() < self.skewed_share
        return rng.uniform(*self.skew_seconds) if is_skewed else 0.0

    def arrival(self, rng: random.Random) -> float:
        """Return how many seconds pass until the next worker comes."""
        return rng.expovariate(1 / self.arrival_seconds)


BRISK = Pace(arrival_seconds=0.3, work_seconds=(0.1, 0.6), assignments=8)
"""For tests: everything that can happen has happened after some ten seconds."""

STEADY = Pace(arrival_seconds=1.0, work_seconds=(0.5, 3.0), assignments=40)
"""For tests that look at a run in progress: traffic within seconds, and for minutes."""

LIVELY = Pace(arrival_seconds=4.0, work_seconds=(2.0, 15.0), assignments=100)
"""For a demonstration: a dashboard of a quiet afternoon, with work for some ten minutes.

Mephisto expires what is left at the end one by one, so more work would be a slower end."""

PACES = {"brisk": BRISK, "steady": STEADY, "lively": LIVELY}
"""The paces by the names that a command line takes."""
