"""A Mephisto of a few lines, for tests of what takes the place of its metrics."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).parents[1] / "data" / "small_mephisto"

PRELUDE = """
import json, sys, os, pathlib, types
import mephisto_metrics
def targets():
    folder = pathlib.Path(os.environ["MEPHISTO_METRICS_HOME"]) / "targets"
    return [json.loads(path.read_text())[0] for path in folder.glob("*.json")]
def config(**task):
    blueprint = types.SimpleNamespace(_blueprint_type="mock")
    return types.SimpleNamespace(task=task, blueprint=blueprint)
"""


class SmallMephisto:
    """Runs code in processes that have the small Mephisto, and a home of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(SITE, folder / "site")

    def run(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run code behind the prelude."""
        path = os.pathsep.join([str(self.folder / "site"), os.environ.get("PYTHONPATH", "")])
        variables = {
            **os.environ,
            "PYTHONPATH": path,
            "PYTHONWARNINGS": "ignore",
            "MEPHISTO_METRICS_OFF": "1",
            "MEPHISTO_METRICS_HOME": str(self.folder / "home"),
            "MEPHISTO_METRICS_PORT": "0",
            "PROMETHEUS_PORT": "0",
            **environment,
        }
        command = [sys.executable, "-c", PRELUDE + textwrap.dedent(code)]
        return subprocess.run(
            command, env=variables, check=False, capture_output=True, text=True, timeout=60
        )

    def answer(self, code: str, **environment: str) -> Any:
        """Run code, and return what it printed as JSON."""
        result = self.run(code, **environment)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def small_mephisto(tmp_path: Path) -> SmallMephisto:
    return SmallMephisto(tmp_path)
