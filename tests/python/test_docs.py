"""What the README and the pages show is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLE = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<output>.*?)```)?", re.DOTALL)
EXAMPLES = [
    pytest.param(*example.group("code", "output"), id=f"{page.stem}-{number}")
    for page in sorted((ROOT / "docs").glob("*.md"))
    for number, example in enumerate(EXAMPLE.finditer(page.read_text()), 1)
]

LOGS = {"store.log", "prometheus.log", "grafana.log", "view.log"}


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_python_of_the_readme_runs(block):
    run = run_python(block)
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"metrics at http://127\.0\.0\.1:\d+/metrics\n", run.stdout)


@pytest.mark.parametrize(("code", "output"), EXAMPLES)
def test_examples_of_the_pages_print_what_stands_below_them(code, output):
    run = run_python(code)
    assert run.returncode == 0, run.stderr
    assert run.stdout == (output or "")


def test_verbs_of_the_readme_are_those_that_there_are():
    from mephisto_metrics.cli import VERBS

    assert re.findall(r"\| `mephisto metrics (\w+)` \|", README) == list(VERBS)


def test_the_page_on_troubleshooting_names_all_that_the_doctor_finds():
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    package = ROOT / "python" / "mephisto_metrics"
    checks = [*(package / "stack" / "doctor").glob("*.py")]
    checks.append(package / "mephisto" / "advertising_check.py")
    code = "".join(path.read_text() for path in checks)
    found = set(re.findall(r"(?:problem|note|make)\(\s*\"([a-z]+\.[a-z-]+)\"", code))
    # The area of this one is given.
    found |= {f"{area}.suspended" for area in ("store", "viewer", "operators")}
    assert set(re.findall(r"`([a-z]+\.[a-z-]+)`", page)) - LOGS == found


def test_targets_that_the_readme_names_are_in_the_makefile():
    named = set(re.findall(r"^make (\w+)", README, re.MULTILINE))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def test_variables_of_the_readme_are_read_somewhere():
    code = "".join(path.read_text() for path in (ROOT / "python").rglob("*.py"))
    variables = re.findall(r"^\| `([A-Z_]+)", README, re.MULTILINE)
    assert variables
    assert [name for name in variables if name not in code] == []
