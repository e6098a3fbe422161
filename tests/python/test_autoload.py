"""The file that waits, from the start of the interpreter, for the import of Mephisto."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PURELIB = Path(__file__).parents[2] / "python" / "mephisto_metrics.data" / "purelib"

COMMAND = """
import sys
from mephisto.client import answer
print(answer)
"""

BROKEN_PACKAGES = {
    "raises": "raise RuntimeError('broken on purpose')",
    "is not installed": None,
    "panics": """
        class PanicException(BaseException): pass
        raise PanicException('broken on purpose')
        """,
    "is of another version": "",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a small Mephisto and its command, over the real prometheus_client's names."""
    files = {
        "prometheus_client/__init__.py": "class Counter:\n    def __init__(self, *_): pass\n",
        "mephisto/__init__.py": "from prometheus_client import Counter\nC = Counter('c', 'C')\n",
        "mephisto/client.py": "answer = 'Mephisto answers'\n",
        "bin/mephisto": COMMAND,
        "bin/other": COMMAND,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def run(site: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python as it starts where our `.pth` file is installed."""
    sitecustomize = f"import site; site.addsitedir({str(PURELIB)!r})"
    (site / "sitecustomize.py").write_text(sitecustomize)
    variables = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(site), **environment}
    variables = {name: value for name, value in variables.items() if value != "unset"}
    return subprocess.run(
        [sys.executable, *command],
        env={"MEPHISTO_METRICS_OFF": "0", **variables},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


OURS = "mephisto_metrics.prometheus_client.metrics"


def metric_module(site: Path, **environment: str) -> str:
    code = "import mephisto; print(type(mephisto.C).__module__)"
    result = run(site, "-c", code, **environment)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_importing_mephisto_is_enough(site: Path) -> None:
    assert metric_module(site) == OURS


def test_it_can_be_switched_off(site: Path) -> None:
    assert metric_module(site, MEPHISTO_METRICS_OFF="1") == "prometheus_client"


def test_installing_by_hand_as_well_does_no_harm(site: Path) -> None:
    code = """
    import mephisto_metrics
    mephisto_metrics.install()
    import mephisto
    mephisto_metrics.install()
    print(type(mephisto.C).__module__)
    """
    result = run(site, "-c", textwrap.dedent(code))
    assert result.stdout.strip() == OURS, result.stderr


def test_asking_whether_mephisto_is_there_imports_nothing_of_it(site: Path) -> None:
    code = """
    import importlib.util, sys
    print(importlib.util.find_spec("mephisto") is not None, "mephisto" in sys.modules)
    import mephisto
    print(type(mephisto.C).__module__)
    """
    result = run(site, "-c", textwrap.dedent(code))
    assert result.stdout.split() == ["True", "False", OURS], result.stderr


def test_where_there_is_no_mephisto_its_import_fails_as_ever(site: Path) -> None:
    result = run(site, "-c", "import sys; sys.path.pop(1)\nimport mephisto_is_not_here")
    assert "ModuleNotFoundError: No module named 'mephisto_is_not_here'" in result.stderr


@pytest.mark.parametrize("fault", BROKEN_PACKAGES)
def test_a_broken_package_of_ours_does_not_break_mephisto(site: Path, fault: str) -> None:
    package = BROKEN_PACKAGES[fault]
    if package is None:
        code = "import sys; sys.modules['mephisto_metrics'] = None\n"
    else:
        (site / "mephisto_metrics").mkdir()
        (site / "mephisto_metrics/__init__.py").write_text(textwrap.dedent(package))
        code = ""
    code += "import mephisto; print(type(mephisto.C).__module__)"

    quiet = run(site, "-c", code)
    assert (quiet.stdout.strip(), quiet.stderr) == ("prometheus_client", "")
    loud = run(site, "-c", code, MEPHISTO_METRICS_DEBUG="1")
    assert loud.stdout == quiet.stdout
    assert "mephisto_metrics: _install_and_find: " in loud.stderr


def fake_command_line(site: Path, body: str) -> None:
    """Put a command line of ours in front of the installed one."""
    (site / "mephisto_metrics").mkdir()
    (site / "mephisto_metrics/__init__.py").write_text("")
    (site / "mephisto_metrics/cli.py").write_text(textwrap.dedent(body))


ANSWERING = """
import sys
def main():
    print("we answer", sys.argv[1:], "mephisto" in sys.modules)
    return 3
"""


def test_mephisto_metrics_is_answered_before_mephisto_is_imported(site: Path) -> None:
    fake_command_line(site, ANSWERING)
    result = run(site, str(site / "bin/mephisto"), "metrics", "status", "--json")
    assert result.stdout.strip() == "we answer ['status', '--json'] False", result.stderr
    assert result.returncode == 3


def test_other_threads_can_import_while_mephisto_metrics_is_answered(site: Path) -> None:
    fake_command_line(
        site,
        """
        from concurrent.futures import ThreadPoolExecutor
        from importlib import import_module
        def main():
            with ThreadPoolExecutor() as pool:
                print(pool.submit(import_module, "colorsys").result().__name__)
        """,
    )
    result = run(site, str(site / "bin/mephisto"), "metrics", "doctor")
    assert (result.stdout, result.returncode) == ("colorsys\n", 0), result.stderr


@pytest.mark.parametrize(
    ("command", "off"),
    [
        (("bin/mephisto", "review"), "0"),
        (("bin/mephisto",), "0"),
        (("bin/other", "metrics", "status"), "0"),
        (("bin/mephisto", "metrics", "status"), "1"),
    ],
)
def test_every_other_command_is_mephistos(site: Path, command: tuple[str, ...], off: str) -> None:
    fake_command_line(site, ANSWERING)
    script, *arguments = command
    result = run(site, str(site / script), *arguments, MEPHISTO_METRICS_OFF=off)
    assert result.stdout.strip() == "Mephisto answers", result.stderr


def test_where_our_command_line_cannot_be_loaded_mephisto_answers(site: Path) -> None:
    fake_command_line(site, "raise RuntimeError('broken on purpose')")
    result = run(site, str(site / "bin/mephisto"), "metrics", "status")
    assert result.stdout.strip() == "Mephisto answers", result.stderr


def test_the_start_of_the_interpreter_costs_less_than_half_a_millisecond(site: Path) -> None:
    # Installers compile what they install, so the compiling is not a cost of the start.
    installed = shutil.copy(PURELIB / "_mephisto_metrics_autoload.py", site)
    py_compile.compile(installed, doraise=True)
    code = """
    import json, sys, time
    NAME = "_mephisto_metrics_autoload"
    def load():
        sys.modules.pop(NAME, None)
        before, begun = set(sys.modules), time.perf_counter()
        __import__(NAME)
        return (time.perf_counter() - begun) * 1000, sorted(set(sys.modules) - before)
    loads = [load() for _ in range(20)]
    print(json.dumps([min(ms for ms, _ in loads), loads[0][1]]))
    """
    milliseconds, imported = json.loads(run(site, "-c", textwrap.dedent(code)).stdout)
    assert imported == ["_mephisto_metrics_autoload"]
    assert milliseconds < 0.5
