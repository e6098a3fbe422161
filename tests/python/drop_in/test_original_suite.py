"""prometheus_client's own tests, as its source distribution has them, run on ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(sys.prefix, "reference-source")
CONFTEST = Path(__file__).with_name("original_suite_conftest.py")

EXPECTED_TESTS = 315
"""Fewer mean that some could not be imported, for want of aiohttp for one."""


def copy_suite(folder: Path, is_renamed: bool) -> None:
    suites = list(SOURCE.glob("prometheus_client-*/tests"))
    if not suites:
        pytest.fail(f"{SOURCE} is missing: run `make install`")
    shutil.copytree(suites[0], folder, dirs_exist_ok=True)
    shutil.copy(CONFTEST, folder / "conftest.py")
    for path in folder.glob("test_*.py") if is_renamed else ():
        text = re.sub(r"\bprometheus_client\b", r"mephisto_metrics.\g<0>", path.read_text())
        path.write_text(text)


@pytest.mark.parametrize("way", ["renamed", "in its place"])
def test_the_tests_of_prometheus_client_pass(tmp_path, way):
    copy_suite(tmp_path, is_renamed=way == "renamed")
    environment = {
        **os.environ,
        "ORIGINAL_SUITE_WAY": way,
        # What is handed on goes to the release that the suite belongs to.
        "PYTHONPATH": str(Path(sys.prefix, "reference")),
    }
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    counts = re.findall(r"(\d+) (?:passed|xfailed)", result.stdout.splitlines()[-1])
    assert sum(map(int, counts)) >= EXPECTED_TESTS, result.stdout
