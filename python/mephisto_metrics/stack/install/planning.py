"""What an installation has to do, before any of it is done."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import programs
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.install import executables, occupied, unpacked
from mephisto_metrics.stack.install.sources import Sources
from mephisto_metrics.stack.install.watching import Patience
from mephisto_metrics.stack.programs import InstalledProgram

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.install.releases import Archive


@dataclass(frozen=True)
class Request:
    """What the user wants."""

    names: tuple[str, ...] = programs.NAMES
    sources: Sources = field(default_factory=Sources)
    prometheus: Path | None = None
    """A Prometheus of the user's own, to be used instead of a downloaded one."""
    is_replacing: bool = False
    """Whether what is installed is installed anew."""
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class Keep:
    """A program is there already, and works."""

    program: InstalledProgram

    def __str__(self) -> str:
        return f"{_release(self.program)} is installed already: {self.program.executable}"


@dataclass(frozen=True)
class Use:
    """A program of the user's own is recorded."""

    program: InstalledProgram

    def __str__(self) -> str:
        return f"{_release(self.program)} of this system is used: {self.program.executable}"


@dataclass(frozen=True)
class Get:
    """An archive is got, checked and unpacked."""

    archive: Archive
    file: Path | None
    """Where the archive is, if it is on this machine already."""

    @property
    def source(self) -> str:
        """Where it comes from, as it may be shown."""
        return str(self.file) if self.file else shown(self.archive.url)

    @property
    def destination(self) -> Path:
        """The folder that the release will have."""
        name = f"{self.archive.program}-{self.archive.version}"
        # Absolute, since it is recorded for processes that run elsewhere.
        return places.programs_folder().absolute() / name

    @property
    def executable(self) -> Path:
        """The executable that there will be."""
        return self.destination / executables.EXECUTABLES[self.archive.program]

    def __str__(self) -> str:
        return (
            f"{title(self.archive.program)} {self.archive.version} comes from {self.source} into "
            f"{self.destination}, if its SHA-256 is {self._expected}"
        )

    @property
    def _expected(self) -> str:
        pinned = self.archive.pinned
        digests = [pinned.sha256] if pinned else []
        if self.archive.needs_checksums:
            digests.append(f"the one in `{self.archive.checksums_name}`")
        return " and ".join(digests)


Step = Union[Keep, Use, Get]


def plan(request: Request) -> list[Step]:
    """Return what has to be done; `StackError` if some of it is not possible."""
    return [_step(request, name) for name in request.names]


def _release(program: InstalledProgram) -> str:
    return f"{title(program.name)} {program.version}"


def title(name: str) -> str:
    """Return a program's name as people write it."""
    return name.capitalize()


def _step(request: Request, name: str) -> Step:
    if name == "prometheus" and request.prometheus is not None:
        return _use(request.prometheus)
    current = None if request.is_replacing else _working(name)
    sources = request.sources
    if current and sources.version is None and sources.path is None:
        return Keep(current)
    archive, file = sources.archive(name)
    if current and current.is_ours and current.version == archive.version:
        return Keep(current)
    step = Get(archive, file)
    refuse_if_taken(step)
    return step


def refuse_if_taken(step: Get) -> None:
    """Raise `StackError` if what a step would replace is running, or is not ours."""
    destination = step.destination
    if os.path.lexists(destination) and not unpacked.is_ours(destination):
        raise StackError(
            f"`{destination}` is there already, and was not made by `install`",
            "move it away, or set MEPHISTO_METRICS_HOME to a folder that is for nothing else; a "
            "Prometheus of your own is used with `--prometheus PATH`",
        )
    running = occupied.running_from(destination)
    occupied.refuse(running, f"`{destination.name}` can not be replaced")


def _use(path: Path) -> Use:
    found = executables.prometheus_of_the_user(path)
    if any(unpacked.is_ours(folder) for folder in found.path.resolve().parents):
        raise StackError(
            f"`{found.path}` is what `install` itself unpacked",
            "leave `--prometheus` out: it is used without",
        )
    return Use(
        InstalledProgram("prometheus", found.version, found.path, found.path.parent, is_ours=False)
    )


def _working(name: str) -> InstalledProgram | None:
    """Return the installed program; None if there is none, or it does not run any more."""
    program = programs.installed(name)
    if program is None:
        return None
    try:
        executables.version_of(program.executable, name)
    except StackError:
        return None
    return program
