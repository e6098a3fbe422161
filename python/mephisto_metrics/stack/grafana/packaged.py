"""Boards and alerts of this installation, as Grafana takes them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import mephisto_metrics
from mephisto_metrics.machine.errors import StackError

PACKAGE_FOLDER = Path(mephisto_metrics.__file__).parent
DEFAULT_BOARD_UID = "mephisto"
DATA_SOURCE_UID = "prometheus"
"""The uid that the packaged alerts ask; boards ask whichever is chosen above them."""
DATA_SOURCE_TYPE = "prometheus"

Json = dict[str, Any]


def boards_folder() -> Path:
    """Return where the boards are."""
    return PACKAGE_FOLDER / "dashboards"


def default_board_path() -> Path:
    """Return the file of the board that is shown first."""
    return boards_folder() / f"{DEFAULT_BOARD_UID}.json"


def boards() -> dict[str, Json]:
    """Return each board by the name of its file."""
    found = {path.name: _read(path) for path in sorted(boards_folder().glob("*.json"))}
    return found or _missing(boards_folder())


def alerts() -> Json:
    """Return the alerts as Grafana's file provisioning takes them."""
    path = PACKAGE_FOLDER / "alerts" / "mephisto.json"
    return _read(path) if path.is_file() else _missing(path)


def board_over(board: Json, data_source_uid: str, data_source_name: str) -> Json:
    """Return a board whose data source is chosen already."""
    chosen = copy.deepcopy(board)
    for variable in chosen["templating"]["list"]:
        if variable["type"] == "datasource" and variable["query"] == DATA_SOURCE_TYPE:
            variable["current"] = {"text": data_source_name, "value": data_source_uid}
    return chosen


def alerts_over(provisioned: Json, data_source_uid: str) -> Json:
    """Return alerts that ask another data source."""
    chosen = copy.deepcopy(provisioned)
    for group in chosen["groups"]:
        for rule in group["rules"]:
            for part in rule["data"]:
                if part["datasourceUid"] == DATA_SOURCE_UID:
                    part["datasourceUid"] = data_source_uid
                    part["model"]["datasource"]["uid"] = data_source_uid
    return chosen


def _read(path: Path) -> Json:
    value: Json = json.loads(path.read_text(encoding="utf-8"))
    return value


def _missing(path: Path) -> Any:
    raise StackError(f"`{path}` is missing from this installation", "install a released wheel")
