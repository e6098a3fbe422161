"""The panel types of the boards, each with the options that every such panel shares."""

from .about import About, Panel, Row
from .heatmaps import heatmap_panel
from .lines import limit_line, line_panel
from .parts import BAD, DONE, LIVE, LOST
from .single_values import gauge_panel
from .states import state_panel

__all__ = [
    "BAD",
    "DONE",
    "LIVE",
    "LOST",
    "About",
    "Panel",
    "Row",
    "gauge_panel",
    "heatmap_panel",
    "limit_line",
    "line_panel",
    "state_panel",
]
