"""The alerts as Grafana provisions them: `provisioning/alerting/*.json`.

They stand on the families alone, so that they need no recording rules. Written by the schema of
Grafana's alerting; nothing here has been seen in a Grafana.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .alerts import ALERTS
from .model import INTERVAL_SECONDS, Alert
from .prometheus import annotations

DATA_SOURCE_UID = "prometheus"
EXPRESSION = "__expr__"
LOOKED_BACK_SECONDS = 600


def render(dashboard_uid: str, panel_ids: Mapping[str, int]) -> str:
    """Write all alerts as one group; each is linked to its panel."""
    group = {
        "orgId": 1,
        "name": "mephisto",
        "folder": "Mephisto",
        "interval": f"{INTERVAL_SECONDS}s",
        "rules": [_rule(alert, dashboard_uid, panel_ids[alert.panel]) for alert in ALERTS],
    }
    provisioned = {"apiVersion": 1, "groups": [group]}
    return json.dumps(provisioned, indent=2, ensure_ascii=False) + "\n"


def _rule(alert: Alert, dashboard_uid: str, panel_id: int) -> dict[str, Any]:
    texts = {name: _in_grafana(text) for name, text in annotations(alert, dashboard_uid).items()}
    links = {"__dashboardUid__": dashboard_uid, "__panelId__": str(panel_id)}
    return {
        "uid": _uid(alert.name),
        "title": alert.name,
        "condition": "C",
        "data": [_query(alert), _last(), _threshold(alert)],
        "dashboardUid": dashboard_uid,
        "panelId": panel_id,
        # Nothing there means that no Operator runs, or none does what the alert is about.
        "noDataState": "OK",
        "execErrState": "Error",
        "for": f"{alert.hold_minutes}m",
        "annotations": texts | links,
        "labels": {"severity": alert.severity.value},
        "isPaused": False,
    }


def _uid(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _in_grafana(template: str) -> str:
    """Rewrite a template: in Grafana `$value` is a text about all of a rule's values."""
    return template.replace("$value", "$values.B.Value")


def _query(alert: Alert) -> dict[str, Any]:
    model = {
        "datasource": {"type": "prometheus", "uid": DATA_SOURCE_UID},
        "expr": alert.measured.unrecorded or alert.measured.expr,
        "instant": True,
        "range": False,
        "editorMode": "code",
    }
    return _part("A", DATA_SOURCE_UID, model)


def _last() -> dict[str, Any]:
    # Not a number is no value, as where a quantile is one of nothing.
    settings = {"mode": "dropNN"}
    model = {"type": "reduce", "expression": "A", "reducer": "last", "settings": settings}
    return _part("B", EXPRESSION, model)


def _threshold(alert: Alert) -> dict[str, Any]:
    evaluator = {"type": "lt" if alert.is_below else "gt", "params": [alert.limit]}
    conditions = [{"evaluator": evaluator}]
    return _part(
        "C", EXPRESSION, {"type": "threshold", "expression": "B", "conditions": conditions}
    )


def _part(ref_id: str, data_source_uid: str, model: dict[str, Any]) -> dict[str, Any]:
    return {
        "refId": ref_id,
        "relativeTimeRange": {"from": LOOKED_BACK_SECONDS, "to": 0},
        "datasourceUid": data_source_uid,
        "model": {"refId": ref_id, **model},
    }
