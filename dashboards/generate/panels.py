"""The panel types of the board, each with the options that every such panel shares."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import common, dashboard, gauge, prometheus, timeseries
from grafana_foundation_sdk.builders import statetimeline as state_timeline
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units

from .queries import Query
from .variables import DATA_SOURCE

PANEL_HEIGHT = 8
NEUTRAL, LIVE, DONE, LOST = "transparent", "blue", "green", "orange"

Panel = timeseries.Panel | state_timeline.Panel | gauge.Panel
AnyPanel = TypeVar("AnyPanel", timeseries.Panel, state_timeline.Panel, gauge.Panel)


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


def line_panel(about: About, queries: list[Query], *, unit: str, width: int) -> timeseries.Panel:
    """Draw each series as a line over time, from zero up."""
    panel = _panel(timeseries.Panel(), about, queries, width)
    return (
        panel.unit(unit)
        .min(0)
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
        .line_width(2)
        .fill_opacity(10)
        .show_points(common_models.VisibilityMode.AUTO)
        .span_nulls(False)
        .legend(_legend(shown=True))
        .tooltip(_tooltip())
    )


def limit_line(panel: timeseries.Panel, limit: float) -> timeseries.Panel:
    """Mark the value that a healthy series stays below, in the panel's unit."""
    style = common.GraphThresholdsStyleConfig()
    style.mode(common_models.GraphThresholdsStyleMode.LINE)
    steps = [models.Threshold(None, "green"), models.Threshold(limit, "red")]
    thresholds = dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
    return panel.thresholds(thresholds).thresholds_style(style)


def state_panel(
    about: About, queries: list[Query], *, colors: dict[str, str], width: int
) -> state_timeline.Panel:
    """Draw a band for each series with its count written in; zero is left without colour.

    `colors` are by legend; bands that it does not name are those of live states. The colours are
    fixed, because Grafana writes the range between two thresholds in place of the count.
    """
    panel = _panel(state_timeline.Panel(), about, queries, width)
    zero = models.ValueMap({"0": models.ValueMappingResult(text="0", color=NEUTRAL, index=0)})
    for legend, color in colors.items():
        panel.with_override(*_colored(legend, color))
    return (
        panel.unit(units.NoUnit)
        .decimals(0)
        .mappings([zero])
        .color_scheme(_fixed(LIVE))
        .show_value(common_models.VisibilityMode.AUTO)
        .merge_values(True)
        .align_value(common_models.TimelineValueAlignment.LEFT)
        .row_height(0.9)
        .fill_opacity(70)
        .line_width(0)
        .legend(_legend(shown=False))  # the bands carry their names
        .tooltip(_tooltip())
    )


def gauge_panel(about: About, queries: list[Query], *, width: int) -> gauge.Panel:
    """Draw the last value of each query as an arc; the largest of them fills its own."""
    panel = _panel(gauge.Panel(), about, queries, width)
    last_value = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")
    return (
        panel.unit(units.NoUnit)
        .decimals(0)
        .min(0)
        .color_scheme(_fixed(LIVE))
        .orientation(common_models.VizOrientation.AUTO)
        .show_threshold_labels(False)
        .show_threshold_markers(False)
        .reduce_options(last_value)
    )


def _panel(panel: AnyPanel, about: About, queries: list[Query], width: int) -> AnyPanel:
    """Set what panels of every type have."""
    panel.title(about.title).description(about.description).datasource(DATA_SOURCE)
    panel.span(width).height(PANEL_HEIGHT)
    for place, query in enumerate(queries):
        panel.with_target(_target(ascii_uppercase[place], query))
    return panel


def _target(ref_id: str, query: Query) -> prometheus.Dataquery:
    target = prometheus.Dataquery().ref_id(ref_id).datasource(DATA_SOURCE)
    return target.expr(query.expr).legend_format(query.legend).range()


def _colored(
    legend: str, color: str
) -> tuple[models.MatcherConfig, list[models.DynamicConfigValue]]:
    """Override one series' colour; `byNames`, as Grafana's schema has no matcher by a bare name."""
    matcher = models.MatcherConfig("byNames", {"mode": "include", "names": [legend]})
    return matcher, [models.DynamicConfigValue("color", _fixed(color).build())]


def _fixed(color: str) -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color(color)


def _tooltip() -> common.VizTooltipOptions:
    options = common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI)
    return options.sort(common_models.SortOrder.DESCENDING)


def _legend(*, shown: bool) -> common.VizLegendOptions:
    legend = common.VizLegendOptions().show_legend(shown).calcs([])
    legend.display_mode(common_models.LegendDisplayMode.LIST)
    return legend.placement(common_models.LegendPlacement.BOTTOM)
