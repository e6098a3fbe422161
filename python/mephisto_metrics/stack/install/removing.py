"""Taking away what `install` has made, and the recorded data where that is wanted."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from mephisto_metrics.machine import places
from mephisto_metrics.stack import programs
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.install import occupied, sweeping, unpacked
from mephisto_metrics.stack.prometheus import PASSWORD_COPY, TOKEN_COPY

RECORDED = ("builtin", "grafana", "prometheus-[0-9]")
"""What there may be in the home's `data`."""
CONFIGURED = ("prometheus.yml", TOKEN_COPY, PASSWORD_COPY, "grafana")
"""What there may be in its `config`, with the secrets that programs were given."""


@dataclass(frozen=True)
class Removable:
    """Something of this home that can be removed, and how much it takes."""

    path: Path
    size_bytes: int
    remark: str = ""
    """What the path does not tell a user."""


def removable(has_data: bool) -> list[Removable]:
    """Return what `install` has made, and what has been recorded if `has_data`.

    Nothing is named that others may have put there: each is told by name, or by its mark. What is
    ours in a folder that is a link, as `data` may be one to a larger disk, is named by the place
    where it is. Where one of the names is a link itself, only that goes.
    """
    records = [programs.record_path(name) for name in programs.NAMES]
    paths = [*unpacked.folders(), *sweeping.leftovers(), *records, places.downloads_folder()]
    if has_data:
        paths += [path for name in RECORDED for path in sorted(_data_folder().glob(name))]
        paths += [places.config_folder() / name for name in CONFIGURED]
    return [_removable(path) for path in paths if os.path.lexists(path)]


def programs_of_the_system() -> list[programs.InstalledProgram]:
    """Return the programs that are used and were not made by `install`."""
    current = filter(None, map(programs.installed, programs.NAMES))
    return [program for program in current if not program.is_ours]


def refuse_if_used(has_data: bool) -> None:
    """Raise `StackError` if something of this home runs that would miss what is removed."""
    occupants = occupied.running_parts()
    for folder in unpacked.folders():
        occupants += occupied.running_from(folder)
    if has_data:
        occupants += occupied.running_operators()
    occupied.refuse(occupants, "nothing can be removed")


def remove(things: list[Removable]) -> None:
    """Remove them: records first, so that nothing half-removed counts as installed."""
    with explaining_home_faults():
        for name in programs.NAMES:
            programs.forget(name)
        sweeping.sweep()
        for thing in things:
            if thing.path.is_dir() and not thing.path.is_symlink():
                shutil.rmtree(thing.path)
            else:
                thing.path.unlink(missing_ok=True)
        for folder in (places.programs_folder(), _data_folder(), places.config_folder()):
            _remove_if_empty(folder)


def _removable(path: Path) -> Removable:
    is_leftover = path.name.startswith(sweeping.HIDDEN)
    remark = "left by an interrupted `install` or `remove`" if is_leftover else ""
    if path.is_symlink():
        remark = f"only the link: what it leads to stays, {path.readlink()}"
    return Removable(path.parent.resolve() / path.name, _size_bytes(path), remark)


def _data_folder() -> Path:
    return places.home() / "data"


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()


def _size_bytes(path: Path) -> int:
    """Return how much of a disk a file or a folder takes, without what links lead to."""
    if path.is_dir() and not path.is_symlink():
        return sum(_size_bytes(entry) for entry in path.iterdir())
    return path.lstat().st_size
