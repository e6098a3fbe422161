"""Commands as another user of this machine, who may read all and write nothing of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest

NOBODY = 65534
UNKNOWN = 54321
"""A number that no user has."""


@pytest.fixture
def as_user(missing: Callable[[str, str], None]) -> Callable[[int], list[str]]:
    """Give what goes before a command to run it as a user of that number."""
    setpriv = shutil.which("setpriv")
    if setpriv is None or os.getuid() != 0:
        missing("the right to become another user", "run as root, where there is `setpriv`")

    def prefix(user: int) -> list[str]:
        # Python may be in a folder that is closed to others, as root's own is.
        may_read = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
        return [str(setpriv), f"--reuid={user}", f"--regid={user}", "--clear-groups", *may_read]

    return prefix


def run(command: list[str], environment: dict[str, str], folder: Path) -> tuple[int, str, str]:
    """Run a command in a folder to its end; its status, stdout and stderr."""
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr
