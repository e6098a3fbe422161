"""What panels of several types have: titles, targets, colours, legends, thresholds."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    gauge,
    heatmap,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import statetimeline as state_timeline
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from ..queries import Query
from ..variables import DATA_SOURCE
from .about import About

PANEL_HEIGHT = 8
LIVE, DONE, LOST, BAD = "blue", "green", "orange", "red"

AnyPanel = TypeVar(
    "AnyPanel",
    timeseries.Panel,
    state_timeline.Panel,
    gauge.Panel,
    heatmap.Panel,
    stat.Panel,
    table.Panel,
)


def described(panel: AnyPanel, about: About, width: int, height: int = PANEL_HEIGHT) -> AnyPanel:
    """Set what panels of every type have, but for their queries."""
    panel.title(about.title).description(about.description).datasource(DATA_SOURCE)
    return panel.span(width).height(height)


def asked(panel: AnyPanel, queries: list[Query]) -> AnyPanel:
    """Let a panel ask each query over its range."""
    for ref_id, query in zip(ascii_uppercase, queries, strict=False):
        panel.with_target(target(ref_id, query).range())
    return panel


def target(ref_id: str, query: Query) -> prometheus.Dataquery:
    """Make a target of the chosen data source."""
    new = prometheus.Dataquery().ref_id(ref_id).datasource(DATA_SOURCE)
    return new.expr(query.expr).legend_format(query.legend)


def override_for(*names: str) -> models.MatcherConfig:
    """Match fields by name: by `byNames`, as Grafana's schema has no matcher by a bare name."""
    return models.MatcherConfig("byNames", {"mode": "include", "names": list(names)})


def fixed(color: str) -> dashboard.FieldColor:
    """Give every series the same colour."""
    return dashboard.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color(color)


def palette() -> dashboard.FieldColor:
    """Give each series a colour of its own."""
    return dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC)


def thresholds(*steps: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """Give a colour from each value on; the first value is None, for all below the second."""
    config = dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE)
    return config.steps([models.Threshold(value, color) for value, color in steps])


def tooltip() -> common.VizTooltipOptions:
    """Show all series at the pointer, the largest first."""
    options = common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI)
    return options.sort(common_models.SortOrder.DESCENDING)


def legend(*, shown: bool) -> common.VizLegendOptions:
    """Name the series below the panel."""
    options = common.VizLegendOptions().show_legend(shown).calcs([])
    options.display_mode(common_models.LegendDisplayMode.LIST)
    return options.placement(common_models.LegendPlacement.BOTTOM)


def legend_table(calculations: list[str], sorted_by: str) -> common.VizLegendOptions:
    """Name the series right of the panel, each with these calculations of its values.

    The largest comes first in the column that is called `sorted_by`.
    """
    options = common.VizLegendOptions().show_legend(True).calcs(calculations)
    options.sort_by(sorted_by).sort_desc(True)
    options.display_mode(common_models.LegendDisplayMode.TABLE)
    return options.placement(common_models.LegendPlacement.RIGHT)


def last_value() -> common.ReduceDataOptions:
    """Reduce each series to its last value."""
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")
