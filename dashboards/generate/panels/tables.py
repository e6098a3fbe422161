"""Tables of what is the case at the end of the range."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, table
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from ..queries import Query
from .about import About
from .parts import LIVE, PANEL_HEIGHT, described, fixed, override_for, target, thresholds

# Of four minutes at least, since a table shows one moment and should not jump.
LEAST_STEP = "1m"

# In any column, as nothing else says these words.
STATE_COLORS = {"up": "green", "no answer": "red"}


@dataclass(frozen=True)
class Key:
    """A column that names the rows, by a label."""

    title: str
    label: str
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """A column of one query's values.

    Its unit stands in its title: Grafana's schema lets a column override only what is an object,
    and a unit is a text.
    """

    title: str
    expr: str
    properties: dict[str, Any] = field(default_factory=dict)
    is_hidden: bool = False
    """Whether only the query's labels are shown."""


def table_panel(
    about: About,
    keys: list[Key],
    columns: list[Column],
    *,
    sorted_by: str,
    is_descending: bool = False,
    width: int = 24,
    height: int = PANEL_HEIGHT,
) -> table.Panel:
    """Draw a row for each label set that the queries of the columns have in common."""
    panel = described(table.Panel(), about, width, height).interval(LEAST_STEP)
    for ref_id, column in zip(ascii_uppercase, columns, strict=False):
        query = target(ref_id, Query(column.title, column.expr)).instant()
        panel.with_target(query.format(PromQueryFormat.TABLE))
    for transformation in _joined(keys, columns):
        panel.with_transformation(transformation)
    for column in (*keys, *columns):
        if column.properties:
            values = [models.DynamicConfigValue(*each) for each in column.properties.items()]
            panel.with_override(override_for(column.title), values)
    order = common.TableSortByFieldState().display_name(sorted_by).desc(is_descending)
    # Bars begin at zero, and end at the largest value of their own column.
    panel.min(0).field_min_max(True)
    panel.unit(units.NoUnit).color_scheme(fixed("text")).mappings([_state_colors()])
    return panel.show_header(True).sort_by([order])


def _joined(keys: list[Key], columns: list[Column]) -> list[models.DataTransformerConfig]:
    """Put all queries' rows with the same labels side by side, under the columns' titles."""
    values = ["Value"] if len(columns) == 1 else [f"Value #{a}" for a in ascii_uppercase]
    by_value = dict(zip(values, columns, strict=False))
    shown = {value: column.title for value, column in by_value.items() if not column.is_hidden}
    names = {key.label: key.title for key in keys} | shown
    hidden = ["Time", *(value for value in by_value if value not in shown)]
    organized = {
        "excludeByName": dict.fromkeys(hidden, True),
        "renameByName": names,
        "indexByName": {name: place for place, name in enumerate(names)},
    }
    return [
        models.DataTransformerConfig(id_val="merge", options={}),
        models.DataTransformerConfig(id_val="organize", options=organized),
    ]


def _state_colors() -> models.ValueMap:
    return models.ValueMap(
        {
            word: models.ValueMappingResult(text=word, color=color, index=place)
            for place, (word, color) in enumerate(STATE_COLORS.items())
        }
    )


STATE = Key("State", "state", {"custom.cellOptions": {"type": "color-background", "mode": "basic"}})
"""A word on its colour, which a `state_column` asks for."""


def state_column(up: str) -> Column:
    """Let the key `STATE` say what an answer of `up` means."""
    states = {f"{up} == 1": "up", f"{up} == 0": "no answer"}
    named = (f'label_replace({e}, "state", "{word}", "", "")' for e, word in states.items())
    return Column(STATE.title, " or ".join(named), is_hidden=True)


def colored_from(value: float, color: str) -> dict[str, Any]:
    """Write values from `value` on in a colour, and others as plain text."""
    return {
        "custom.cellOptions": {"type": "color-text"},
        "color": {"mode": "thresholds"},
        "thresholds": thresholds((None, "text"), (value, color)).build(),
    }


def bar() -> dict[str, Any]:
    """Draw values as bars."""
    return {
        "custom.cellOptions": {"type": "gauge", "mode": "basic"},
        "color": {"mode": "fixed", "fixedColor": LIVE},
    }


def linked(panel: table.Panel, title: str, url: str) -> table.Panel:
    """Let each cell lead to another board."""
    link = dashboard.DashboardLink(title).type(models.DashboardLinkType.LINK)
    return panel.data_links([link.url(url)])
