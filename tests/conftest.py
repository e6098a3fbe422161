"""What tests of every level share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from itertools import groupby, zip_longest
from typing import Callable

import pytest
from tests.disks import small_disk  # noqa: F401 - a fixture


def pytest_configure() -> None:
    """Let programs hear what a shell lets these tests ignore, in the background or by `nohup`.

    What is ignored is inherited, what has a handler is not: the tests go on as they were told to.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with a browser, which keep a core busy, alternate with those that mostly wait.

    Those end to end begin, since they take longest.
    """
    files = {path: list(tests) for path, tests in groupby(items, lambda item: item.path)}
    end_to_end = [path for path in files if path.parent.name == "e2e"]
    busy = [path for path in end_to_end if path.name.startswith(("test_page", "test_s"))]
    waiting = [path for path in end_to_end if path not in busy]
    first = [path for pair in zip_longest(busy, waiting) for path in pair if path is not None]
    rest = [path for path in files if path not in end_to_end]
    items[:] = [item for path in (*first, *rest) for item in files[path]]


@pytest.fixture(scope="session")
def missing() -> Callable[[str, str], None]:
    """Give what skips a test for want of something; with `CI=true` nothing is skipped."""

    def skip(what: str, way_out: str) -> None:
        message = f"{what} is not here: {way_out}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)

    return skip


@pytest.fixture(scope="session")
def needs_program(missing: Callable[[str, str], None]) -> Callable[[str, str], str]:
    """Give the path of a program, or skip the test with how to get it."""

    def find(program: str, package: str) -> str:
        path = shutil.which(program)
        if path is None:
            missing(program, f"apt-get install {package}")
        return path

    return find


@pytest.fixture(scope="session")
def mephisto_python(missing: Callable[[str, str], None]) -> str:
    """Give a Python that has Mephisto and this package, or skip the test with how to get one."""
    python = os.environ.get("MEPHISTO_PYTHON", sys.executable)
    check = "import mephisto_metrics, importlib.metadata as m; m.version('mephisto')"
    if subprocess.run([python, "-c", check], check=False, capture_output=True).returncode:
        missing(
            f"Mephisto for {python}",
            "name in MEPHISTO_PYTHON a Python 3.9 or 3.10 with requirements/mephisto.txt (pip "
            "install --no-deps -r) and this package",
        )
    return python
