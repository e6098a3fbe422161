"""Lines over time."""

from __future__ import annotations

from grafana_foundation_sdk.builders import common, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import units

from ..queries import Query
from .about import About
from .parts import (
    PANEL_HEIGHT,
    asked,
    described,
    legend,
    legend_table,
    palette,
    thresholds,
    tooltip,
)


def line_panel(
    about: About, queries: list[Query], *, unit: str, width: int, height: int = PANEL_HEIGHT
) -> timeseries.Panel:
    """Draw each series as a line over time, from zero up."""
    panel = asked(described(timeseries.Panel(), about, width, height), queries)
    return (
        panel.unit(unit)
        .min(0)
        .color_scheme(palette())
        .line_width(2)
        .fill_opacity(10)
        .show_points(common_models.VisibilityMode.AUTO)
        .span_nulls(False)
        .legend(legend(shown=True))
        .tooltip(tooltip())
    )


def count_panel(about: About, queries: list[Query], *, width: int) -> timeseries.Panel:
    """Draw how many there are of something."""
    return line_panel(about, queries, unit=units.NoUnit, width=width).decimals(0)


def limit_line(panel: timeseries.Panel, limit: float) -> timeseries.Panel:
    """Mark the value that a healthy series stays below, in the panel's unit."""
    style = common.GraphThresholdsStyleConfig()
    style.mode(common_models.GraphThresholdsStyleMode.LINE)
    return panel.thresholds(thresholds((None, "green"), (limit, "red"))).thresholds_style(style)


def of_many(panel: timeseries.Panel) -> timeseries.Panel:
    """Suit a panel to dozens of lines.

    Areas would hide one another. The names are beside the lines, with calculations, and those with
    the greatest value come first.
    """
    return panel.fill_opacity(0).legend(legend_table(["mean", "max"], sorted_by="Max"))
