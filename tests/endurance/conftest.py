"""An installation that takes the same ports each time, and sees no folder but its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import Installation
from tests.ports import free_port

FOLDER_VARIABLES = ("HOME", "TMPDIR")
PORT_VARIABLES = ("PROMETHEUS_PORT", "GRAFANA_PORT", "MEPHISTO_METRICS_PORT")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "home")
    for variable in FOLDER_VARIABLES:
        folder = tmp_path / variable
        folder.mkdir()
        installation.environment[variable] = str(folder)
    for variable in PORT_VARIABLES:
        installation.environment[variable] = str(free_port())
    yield installation
    installation.close()
