"""A small disk of a test's own, so that it can be full, or read-only."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest


@pytest.fixture
def small_disk(
    tmp_path: Path, missing: Callable[[str, str], None], request: pytest.FixtureRequest
) -> Iterator[Path]:
    """A file system of half a megabyte or a size asked for: the test's own, so that it can be full.

    A test asks for it before its installation, which then ends while the disk is still there.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    size = getattr(request, "param", "512k")
    mount = shutil.which("mount") or ""
    command = [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode != 0:
        missing("the right to mount a small disk", f"run as root ({mounted.stderr.strip()})")
    yield folder
    subprocess.run([shutil.which("umount") or "", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte free on the disk of `folder`; the file in the way is returned."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"0" * 512)
    return ballast


def make_read_only(disk: Path) -> None:
    subprocess.run([shutil.which("mount") or "", "-o", "remount,ro", str(disk)], check=True)
