"""The one board: its settings, its variables, its rows."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from .general_health import GENERAL_HEALTH
from .network_health import NETWORK_HEALTH
from .onboarding import ONBOARDING
from .operator_health import OPERATOR_HEALTH
from .panels import Row
from .validation import VALIDATION
from .variables import data_source, target_label

ROWS = (GENERAL_HEALTH, OPERATOR_HEALTH, NETWORK_HEALTH, ONBOARDING, VALIDATION)


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
    heading = dashboard.Row(row.title).id(row.first_id)
    panels = [panel.id(panel_id) for panel_id, panel in enumerate(row.panels, row.first_id + 1)]
    if row.is_collapsed:
        for panel in panels:
            heading.with_panel(panel)
    board.with_row(heading)
    if not row.is_collapsed:
        for panel in panels:
            board.with_panel(panel)
