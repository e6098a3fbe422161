"""The generated files of the rules."""

from __future__ import annotations

from pathlib import Path

from grafana_foundation_sdk.models import dashboard as models

from . import grafana, prometheus


def outputs(board: models.Dashboard) -> dict[Path, str]:
    """Give the text of each file by its path in `dashboards/`; `board` has the alerts' panels."""
    uid = str(board.uid)
    return {
        Path("rules/mephisto.yml"): prometheus.render(uid),
        Path("alerts/mephisto.json"): grafana.render(uid, dict(_panel_ids(board.panels or []))),
    }


def _panel_ids(entries: list[models.Panel | models.RowPanel]) -> list[tuple[str, int]]:
    found = []
    for entry in entries:
        if isinstance(entry, models.RowPanel):
            found += _panel_ids(list(entry.panels))
        else:
            found.append((str(entry.title), int(entry.id_val or 0)))
    return found
