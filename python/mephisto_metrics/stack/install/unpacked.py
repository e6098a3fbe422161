"""The releases that `install` has unpacked, each with a mark in it.

A home may be a folder that somebody has used for other things before, and a folder with the name of
a release may be theirs. Without the mark nothing is replaced or removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.stack import programs

if TYPE_CHECKING:
    from pathlib import Path

MARK = ".mephisto-metrics"
EXPLANATION = (
    "`mephisto metrics install` made this folder. It removes it when the release is not used any "
    "more, and so does `mephisto metrics remove`.\n"
)


def mark(folder: Path) -> None:
    """Say of a release's folder that it is ours."""
    (folder / MARK).write_text(EXPLANATION, encoding="utf-8")


def is_ours(folder: Path) -> bool:
    """Whether `install` has made a folder; never so for what a link leads to."""
    return not folder.is_symlink() and (folder / MARK).is_file()


def folders() -> list[Path]:
    """Return the folders of releases that `install` has unpacked."""
    folder = places.programs_folder()
    found = [path for name in programs.NAMES for path in folder.glob(f"{name}-*")]
    return sorted(path for path in found if is_ours(path))
