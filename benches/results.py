"""What a measurement hands to the table, as JSON over a pipe."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Target:
    """What is to be reached; None where nothing was asked for."""

    times_better: float | None = None
    """How many times faster (or smaller) than prometheus_client, at least."""
    floor_times: float | None = None
    """How many times the floor, at most."""
    above_floor: float | None = None
    """How much more than the floor, at most, in the unit of the row."""
    at_most: float | None = None
    """The value itself, in the unit of the row."""


@dataclass(frozen=True)
class Row:
    """One measured thing, smaller being better; None where there is nothing to measure."""

    name: str
    unit: str
    theirs: float | None = None
    ours: float | None = None
    floor: float | None = None
    target: Target = field(default_factory=Target)

    @property
    def times_better(self) -> float | None:
        """How many times faster or smaller ours is."""
        return self.theirs / self.ours if self.theirs and self.ours else None

    @property
    def floor_times(self) -> float | None:
        """Ours as a multiple of the floor."""
        return self.ours / self.floor if self.ours and self.floor else None

    @property
    def above_floor(self) -> float | None:
        """What ours adds to the floor, in the unit of the row."""
        return self.ours - self.floor if self.ours is not None and self.floor else None

    @property
    def is_met(self) -> bool | None:
        """Whether all of the target is reached; None where there is no target."""
        target = self.target
        at_least = [(self.times_better, target.times_better)]
        at_most = [
            (self.floor_times, target.floor_times),
            (self.above_floor, target.above_floor),
            (self.ours, target.at_most),
        ]
        answers = [value is not None and value >= wanted for value, wanted in at_least if wanted]
        answers += [value is not None and value <= wanted for value, wanted in at_most if wanted]
        return all(answers) if answers else None


@dataclass(frozen=True)
class Growth:
    """What a number of series costs in one library."""

    library: str
    series: int
    register_seconds: float
    update_seconds: float
    scrape_seconds: float
    resident_bytes: int
    exposition_bytes: int


def row_from(fields: dict[str, object]) -> Row:
    """Return a row that came through JSON."""
    target = Target(**fields.pop("target"))  # type: ignore[arg-type]
    return Row(target=target, **fields)  # type: ignore[arg-type]


def print_results(results: list[Row] | list[Growth]) -> None:
    """Print as JSON what was measured."""
    json.dump([asdict(result) for result in results], sys.stdout)
