"""The one board: its settings, its variables, its rows."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from .general_health import GENERAL_HEALTH
from .panels import Row
from .variables import data_source, target_label

ROWS = (GENERAL_HEALTH,)


def build() -> models.Dashboard:
    """Put the board together; panels lie side by side in the order of their rows."""
    board = _settings()
    for row in ROWS:
        _add(board, row)
    return board.build()


def _settings() -> dashboard.Dashboard:
    return (
        dashboard.Dashboard("Mephisto: default monitoring")
        .uid("mephisto")
        .tags(["mephisto"])
        .time("now-15m", "now")
        .refresh("5s")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(data_source())
        .with_variable(target_label("operator", "Operator", "operator"))
        .with_variable(target_label("task", "Task", "task_name"))
    )


def _add(board: dashboard.Dashboard, row: Row) -> None:
    board.with_row(dashboard.Row(row.title).id(row.first_id))
    for panel_id, panel in enumerate(row.panels, start=row.first_id + 1):
        board.with_panel(panel.id(panel_id))
