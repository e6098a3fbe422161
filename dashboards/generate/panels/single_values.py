"""Last values: as arcs and as large numbers."""

from __future__ import annotations

from grafana_foundation_sdk.builders import gauge, stat
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import units

from ..queries import Query
from .about import About
from .parts import LIVE, asked, described, fixed, last_value


def gauge_panel(about: About, queries: list[Query], *, width: int) -> gauge.Panel:
    """Draw the last value of each query as an arc; the largest of them fills its own."""
    panel = asked(described(gauge.Panel(), about, width), queries)
    return (
        panel.unit(units.NoUnit)
        .decimals(0)
        .min(0)
        .color_scheme(fixed(LIVE))
        .orientation(common_models.VizOrientation.AUTO)
        .show_threshold_labels(False)
        .show_threshold_markers(False)
        .reduce_options(last_value())
    )


def stat_panel(
    about: About,
    queries: list[Query],
    *,
    unit: str,
    width: int,
    height: int = 4,
    decimals: int | None = None,
) -> stat.Panel:
    """Draw the last value of each query as a number, over the shape of its course."""
    panel = asked(described(stat.Panel(), about, width, height), queries)
    if decimals is not None:
        panel.decimals(decimals)
    return (
        panel.unit(unit)
        .color_scheme(fixed(LIVE))
        .color_mode(common_models.BigValueColorMode.VALUE)
        .graph_mode(common_models.BigValueGraphMode.AREA)
        .text_mode(common_models.BigValueTextMode.AUTO)
        .justify_mode(common_models.BigValueJustifyMode.AUTO)
        .orientation(common_models.VizOrientation.AUTO)
        .reduce_options(last_value())
    )
