"""How a histogram's observations spread over its buckets, over time."""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import heatmap as models
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from ..queries import WINDOW, Query, increase_by_bucket
from .about import About
from .parts import PANEL_HEIGHT, described, target

# A bucket without an observation is left without colour.
LEAST_COUNT = 1e-9


def heatmap_panel(
    about: About,
    histogram: str,
    *matchers: str,
    unit: str = units.Seconds,
    width: int,
    height: int = PANEL_HEIGHT,
) -> heatmap.Panel:
    """Draw how many observations fall into each bucket of a histogram, in each step of time."""
    query = Query("{{le}}", increase_by_bucket(histogram, *matchers))
    # The step is the window of the query, so that no observation is in two columns.
    columns = target("A", query).range().format(PromQueryFormat.HEATMAP).interval(WINDOW)
    panel = described(heatmap.Panel(), about, width, height).with_target(columns)
    return (
        panel.unit(units.NoUnit)
        .decimals(0)
        .calculate(False)
        .color(_colors())
        .cell_gap(1)
        .cell_values(heatmap.CellValues().unit(units.NoUnit).decimals(0))
        .filter_values(heatmap.FilterValueRange().le(LEAST_COUNT))
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .show_value(common_models.VisibilityMode.NEVER)
        .show_legend()
        .tooltip(_tooltip())
    )


def _colors() -> heatmap.HeatmapColorOptions:
    colors = heatmap.HeatmapColorOptions().mode(models.HeatmapColorMode.SCHEME)
    colors.scheme("Viridis").steps(64).reverse(False).fill("dark-orange")
    return colors.scale(models.HeatmapColorScale.EXPONENTIAL).exponent(0.5)


def _tooltip() -> heatmap.HeatmapTooltip:
    tooltip = heatmap.HeatmapTooltip().mode(common_models.TooltipDisplayMode.SINGLE)
    return tooltip.y_histogram(False).show_color_scale(True)
