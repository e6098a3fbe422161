"""The rules as Prometheus reads them, and the built-in store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import indent

from .alerts import ALERTS
from .model import INTERVAL_SECONDS, Alert
from .recordings import RECORDINGS

HEAD = f"""\
# Written by `python -m dashboards.generate`; edit the rules in `dashboards/generate/rules/`.
# Read by Prometheus from 2.42 on (`rule_files`) and by the built-in store.
groups:
  - name: mephisto
    interval: {INTERVAL_SECONDS}s
    rules:
"""


def render(dashboard_uid: str) -> str:
    """Write the one group: what is recorded comes first, as alerts stand on it."""
    recorded = [_rule([("record", p99.name), ("expr", p99.expr)]) for p99 in RECORDINGS]
    return HEAD + "".join(recorded + [_alert(alert, dashboard_uid) for alert in ALERTS])


def expression(alert: Alert) -> str:
    """Give what is measured, held against its limit."""
    measured = alert.measured.expr
    several_lines = "\n" in measured
    value = f"(\n{indent(measured, '  ')}\n)" if several_lines else measured
    return f"{value} {'<' if alert.is_below else '>'} {alert.limit}"


def annotations(alert: Alert, dashboard_uid: str) -> dict[str, str]:
    """Give what is told with an alert."""
    return {
        "summary": alert.summary,
        "description": alert.description,
        "dashboard": dashboard_uid,
        "panel": alert.panel,
    }


def _alert(alert: Alert, dashboard_uid: str) -> str:
    return _rule(
        [
            ("alert", alert.name),
            ("expr", expression(alert)),
            ("for", f"{alert.hold_minutes}m"),
            ("labels", {"severity": alert.severity.value}),
            ("annotations", annotations(alert, dashboard_uid)),
        ]
    )


def _rule(fields: list[tuple[str, str | dict[str, str]]]) -> str:
    lines = [line for name, value in fields for line in _field(name, value)]
    first, *rest = lines
    return "\n".join([f"      - {first}", *(f"        {line}" for line in rest)]) + "\n"


def _field(name: str, value: str | dict[str, str]) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"{name}:"
        yield from (
            f"  {key}: {json.dumps(text, ensure_ascii=False)}" for key, text in value.items()
        )
    elif name == "expr":
        yield "expr: |-"
        yield from (f"  {line}" for line in value.splitlines())
    else:
        yield f"{name}: {value}"
