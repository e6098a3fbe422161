"""Releases that go, and the hidden folders in which an interrupted run leaves something."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.stack import programs
from mephisto_metrics.stack.install import occupied, unpacked

if TYPE_CHECKING:
    from pathlib import Path

UNPACKING, REPLACED = ".mephisto-metrics-unpacking-", ".mephisto-metrics-replaced-"
REMOVING = ".mephisto-metrics-removing-"
HIDDEN = (UNPACKING, REPLACED, REMOVING)
"""How the names of hidden folders begin."""


def sweep() -> None:
    """Remove what interrupted runs have left, and releases that are not used any more."""
    folder = places.programs_folder()
    for old in folder.glob(f"{REPLACED}*/*"):
        # Interrupted when it had made room for the new one, which did not come.
        if unpacked.is_ours(old) and not (folder / old.name).exists():
            old.rename(folder / old.name)
    for path in leftovers():
        shutil.rmtree(path)
    current = filter(None, map(programs.installed, programs.NAMES))
    used = {program.folder.resolve() for program in current}
    for path in unpacked.folders():
        if path.resolve() not in used and not occupied.running_from(path):
            _remove(path)


def leftovers() -> list[Path]:
    """Return the hidden folders of interrupted runs; those of a run that goes on are among them."""
    folder = places.programs_folder()
    return [path for prefix in HIDDEN for path in folder.glob(f"{prefix}*")]


def _remove(release: Path) -> None:
    # Its mark may be the first file that goes, and what is left without one is nobody's.
    hidden = release.with_name(f"{REMOVING}{release.name}")
    release.rename(hidden)
    shutil.rmtree(hidden)
