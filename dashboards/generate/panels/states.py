"""Bands of counts over time."""

from __future__ import annotations

from grafana_foundation_sdk.builders import statetimeline as state_timeline
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units

from ..queries import Query
from .about import About
from .parts import LIVE, asked, described, fixed, legend, override_for, tooltip

NEUTRAL = "transparent"


def state_panel(
    about: About, queries: list[Query], *, colors: dict[str, str], width: int
) -> state_timeline.Panel:
    """Draw a band for each series with its count written in; zero is left without colour.

    `colors` are by legend; bands that it does not name are those of live states. The colours are
    fixed, because Grafana writes the range between two thresholds in place of the count.
    """
    panel = asked(described(state_timeline.Panel(), about, width), queries)
    zero = models.ValueMap({"0": models.ValueMappingResult(text="0", color=NEUTRAL, index=0)})
    for name, color in colors.items():
        own = models.DynamicConfigValue("color", fixed(color).build())
        panel.with_override(override_for(name), [own])
    return (
        panel.unit(units.NoUnit)
        .decimals(0)
        .mappings([zero])
        .color_scheme(fixed(LIVE))
        .show_value(common_models.VisibilityMode.AUTO)
        .merge_values(True)
        .align_value(common_models.TimelineValueAlignment.LEFT)
        .row_height(0.9)
        .fill_opacity(70)
        .line_width(0)
        .legend(legend(shown=False))  # the bands carry their names
        .tooltip(tooltip())
    )
