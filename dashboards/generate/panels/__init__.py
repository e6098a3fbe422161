"""The panel types of the boards, each with the options that every such panel shares."""

from .about import About, Panel, Row
from .heatmaps import heatmap_panel
from .lines import limit_line, line_panel, of_many
from .parts import BAD, DONE, LIVE, LOST
from .single_values import gauge_panel, stat_panel
from .states import state_panel
from .tables import (
    Column,
    Key,
    bar,
    colored_from,
    linked,
    on_its_color,
    state_of,
    table_panel,
)

__all__ = [
    "BAD",
    "DONE",
    "LIVE",
    "LOST",
    "About",
    "Column",
    "Key",
    "Panel",
    "Row",
    "bar",
    "colored_from",
    "gauge_panel",
    "heatmap_panel",
    "limit_line",
    "line_panel",
    "linked",
    "of_many",
    "on_its_color",
    "stat_panel",
    "state_of",
    "state_panel",
    "table_panel",
]
