"""Last values: as arcs and as large numbers."""

from __future__ import annotations

from grafana_foundation_sdk.builders import gauge
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
