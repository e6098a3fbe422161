"""What the committed boards ask of a store, with their variables filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
BOARDS: list[dict[str, Any]] = [
    json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))
]
ANNOTATION_STEP_SECONDS = 15
ANNOTATION_WINDOW_MS = 240_000
LABEL_VALUES = re.compile(r"label_values\((.*), (\w+)\)")

# What is counted in a window, by its series and its length in milliseconds.
COUNTED = re.compile(r"(?:rate|increase)\((\w+\{[^}]*\}\[(\d+)ms\])\)")


@dataclass(frozen=True)
class BoardQuery:
    """A query of a panel, as it is asked for all Operators and tasks."""

    board: str
    panel: str
    text: str
    """As the board has it."""
    expression: str

    @property
    def where(self) -> str:
        """Which one it is, for people."""
        return f"{self.board}, {self.panel}: {self.text}"

    @property
    def is_quantile(self) -> bool:
        """Whether one observation more or less can change it much."""
        return "histogram_quantile(" in self.expression

    @property
    def is_mean(self) -> bool:
        """Whether it divides what was counted in a window by what else was counted in it."""
        return ") / sum by (" in self.expression

    @property
    def is_rate(self) -> bool:
        """Whether it grows with what was counted in a window."""
        is_counted = COUNTED.search(self.expression) is not None
        return is_counted and not self.is_quantile and not self.is_mean

    @property
    def is_of_a_scrape(self) -> bool:
        """Whether it is about a single scrape, of which each store does its own.

        Or about the built-in store, in which something happens between any two scrapes.
        """
        parts = ("scrape_duration_seconds", "scrape_series_added", "mephisto_store_")
        return any(part in self.expression for part in parts)

    @property
    def is_filtered(self) -> bool:
        """Whether a series is there only if something was counted in the window."""
        return self.expression.endswith(" > 0") and COUNTED.search(self.expression) is not None

    @property
    def may_be_zero(self) -> bool:
        """Whether zero is what a healthy Operator shows."""
        parts = ("scrape_series_added", '"overflow"', "mephisto_store_")
        return any(part in self.expression for part in parts)


def panel_queries(rate_interval_ms: int) -> Iterator[BoardQuery]:
    """Give each query of each panel."""
    for board in BOARDS:
        for row_or_panel in board["panels"]:
            for panel in (row_or_panel, *row_or_panel.get("panels", [])):
                for target in panel.get("targets", []):
                    text = target["expr"]
                    expression = _filled_in(text, rate_interval_ms)
                    yield BoardQuery(board["title"], panel["title"], text, expression)


def annotation_queries() -> dict[str, str]:
    """Give the query of each annotation by its name; all boards have the same."""
    marks = BOARDS[0]["annotations"]["list"]
    return {mark["name"]: _filled_in(mark["expr"], ANNOTATION_WINDOW_MS) for mark in marks}


def variable_queries() -> set[tuple[str, str]]:
    """Give the selector and the label that each variable asks for."""
    texts = [each["query"] for board in BOARDS for each in board["templating"]["list"]]
    return {found.groups() for found in map(LABEL_VALUES.fullmatch, texts) if found}  # type: ignore[misc]


def _filled_in(expression: str, rate_interval_ms: int) -> str:
    values = {
        "operator": ".*",
        "task": ".*",
        "__rate_interval": f"{rate_interval_ms}ms",
        "__rate_interval_ms": str(rate_interval_ms),
    }
    # `$1` and the like belong to `label_replace`.
    return re.sub(r"\$([a-z_]+)", lambda name: values[name[1]], expression)
