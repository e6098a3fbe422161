"""What a panel says of itself, and rows of panels."""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.builders import gauge, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders import statetimeline as state_timeline

Panel = (
    timeseries.Panel | state_timeline.Panel | gauge.Panel | heatmap.Panel | stat.Panel | table.Panel
)


@dataclass(frozen=True)
class About:
    """What a panel is called, what it shows, how it looks in health, and what to do if not."""

    title: str
    meaning: str
    healthy: str
    otherwise: str

    @property
    def description(self) -> str:
        """The text behind the panel's information mark, in Markdown."""
        return f"{self.meaning}\n\n**Healthy:** {self.healthy}\n\n**If not:** {self.otherwise}"


@dataclass(frozen=True)
class Row:
    """A titled row of panels; its own id is `first_id`, and its panels count on from there.

    Ids are part of links to a panel, so rows keep a hundred apart and a new panel goes last.
    """

    title: str
    first_id: int
    panels: tuple[Panel, ...]
    is_collapsed: bool = False
