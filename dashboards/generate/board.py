"""A board: its settings, what can be chosen above it, its marks in time, and its rows."""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from .annotations import ANNOTATIONS
from .panels import Row
from .variables import data_source, target_label

TAG = "mephisto"


@dataclass(frozen=True)
class Board:
    """A board, its file being called after `uid`.

    Viewers list boards by their file's name. An underscore sorts behind the dot, so
    `mephisto.json` comes before `mephisto_database.json`.
    """

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]

    def build(self) -> models.Dashboard:
        """Put the board together; panels lie side by side in the order of their rows."""
        built = self._settings()
        for variable in (
            data_source(),
            target_label("operator", "Operator", "operator"),
            target_label("task", "Task", "task_name"),
        ):
            built.with_variable(variable)
        for annotation in ANNOTATIONS:
            built.annotation(annotation)
        for row in self.rows:
            _add(built, row)
        return built.build()

    def _settings(self) -> dashboard.Dashboard:
        return (
            dashboard.Dashboard(self.title)
            .uid(self.uid)
            .description(self.description)
            .tags([TAG])
            .link(_other_boards())
            .time("now-15m", "now")
            .refresh("5s")
            .timezone("browser")
            .tooltip(models.DashboardCursorSync.TOOLTIP)
        )


def _other_boards() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Mephisto").type(models.DashboardLinkType.DASHBOARDS)
    return link.tags([TAG]).as_dropdown(True).include_vars(True).keep_time(True)


def _add(board: dashboard.Dashboard, row: Row) -> None:
    heading = dashboard.Row(row.title).id(row.first_id)
    panels = [panel.id(panel_id) for panel_id, panel in enumerate(row.panels, row.first_id + 1)]
    if row.is_collapsed:
        for panel in panels:
            heading.with_panel(panel)
    board.with_row(heading)
    if not row.is_collapsed:
        for panel in panels:
            board.with_panel(panel)
