"""A real Prometheus under this process that is told of rules."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest

from mephisto_metrics.stack import engines, programs
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.programs import InstalledProgram
from mephisto_metrics.stack.retention import Retention

TIMEOUT_SECONDS = 60
OPTIONS = EngineOptions(port=0, scrape_interval_seconds=60.0, retention=Retention(86400, 1024**3))
OWN_RULES = """
groups:
  - name: own
    rules: [{record: "own:up", expr: "up"}]
"""


@pytest.fixture
def program(
    needs_program: Callable[[str, str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> InstalledProgram:
    """Debian's, as that of a home of its own."""
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    path = Path(needs_program("prometheus", "prometheus"))
    installed = InstalledProgram("prometheus", "2.42.0", path, path.parent, is_ours=False)
    programs.record(installed)
    return installed


def data(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}/api/v1/{path}", timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)["data"]


@pytest.mark.usefixtures("program")
def test_rules_that_are_given_are_in_place_of_all_others(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text(OWN_RULES)
    options = replace(OPTIONS, rules=(path,))
    with engines.running("prometheus", options, print) as engine:
        groups = data(engine.url, "rules")["groups"]
    assert [(group["name"], group["file"]) for group in groups] == [("own", str(path))]
