"""What a rule is, whatever evaluates it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

OPERATOR_AND_TASK = ("operator", "task_name")
WINDOW = "5m"
"""Of rates: many scrapes, and a slow request is out of it before an alert's time has run out."""

INTERVAL_SECONDS = 30
"""Between evaluations; Grafana wants a multiple of ten."""


class Severity(Enum):
    """How much an alert matters, as the label `severity` says it."""

    CRITICAL = "critical"
    """Work is being lost: look at once."""
    WARNING = "warning"
    """Workers notice, or soon will."""
    INFO = "info"
    """Good to know."""


@dataclass(frozen=True)
class P99:
    """The 99th percentile of a histogram for each Operator and task, split by one more label.

    A quantile of a window in which nothing was counted is not a number; `>= 0` leaves it out.
    """

    histogram: str
    label: str
    matcher: str = ""

    @cached_property
    def name(self) -> str:
        """The recorded series: `level:metric:operations`."""
        level = "_".join((*OPERATOR_AND_TASK, self.label))
        return f"{level}:{self.histogram}:p99_rate{WINDOW}"

    @cached_property
    def expr(self) -> str:
        """What is recorded under that name."""
        return f"{self._quantile(self.matcher)} >= 0"

    def where(self, matcher: str) -> Measured:
        """Measure some of the recorded series."""
        both = ", ".join(part for part in (self.matcher, matcher) if part)
        return Measured(f"{self.name}{{{matcher}}}" if matcher else self.name, self._quantile(both))

    def _quantile(self, matchers: str) -> str:
        labels = ", ".join(("le", *OPERATOR_AND_TASK, self.label))
        selector = f"{self.histogram}_bucket" + (f"{{{matchers}}}" if matchers else "")
        return f"histogram_quantile(0.99, sum by ({labels}) (rate({selector}[{WINDOW}])))"


@dataclass(frozen=True)
class Measured:
    """An expression, and how to say it where no rule records its parts."""

    expr: str
    unrecorded: str | None = None

    def highest(self) -> Measured:
        """Measure only the highest of each Operator and task: one cause should be one alert."""
        by = f"max by ({', '.join(OPERATOR_AND_TASK)})"
        unrecorded = None if self.unrecorded is None else f"{by} ({self.unrecorded})"
        return Measured(f"{by} ({self.expr})", unrecorded)


@dataclass(frozen=True)
class Alert:
    """Fires where what is measured has been above its limit, or below it, for `hold_minutes`.

    `summary`, `meaning` and `remedy` are templates; `panel` is the title of the panel to look at.
    """

    name: str
    measured: Measured
    limit: float
    hold_minutes: int
    severity: Severity
    summary: str
    meaning: str
    remedy: str
    panel: str
    is_below: bool = False

    @property
    def description(self) -> str:
        """What it means and what to do."""
        return f"{self.meaning} {self.remedy}"
