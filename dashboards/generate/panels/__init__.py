"""The panel types of the boards, each with the options that every such panel shares."""

from .about import About, Panel, Row
from .heatmaps import heatmap_panel
from .lines import count_panel, limit_line, line_panel, of_many
from .parts import BAD, DONE, LIVE, LOST
from .single_values import gauge_panel, stat_panel
from .states import state_panel
from .tables import (
    STATE,
    Column,
    Key,
    bar,
    colored_from,
    linked,
    state_column,
    table_panel,
)

__all__ = [
    "BAD",
    "DONE",
    "LIVE",
    "LOST",
    "STATE",
    "About",
    "Column",
    "Key",
    "Panel",
    "Row",
    "bar",
    "colored_from",
    "count_panel",
    "gauge_panel",
    "heatmap_panel",
    "limit_line",
    "line_panel",
    "linked",
    "of_many",
    "stat_panel",
    "state_column",
    "state_panel",
    "table_panel",
]
