"""Where archives come from: their publisher, a mirror, or files that are here already."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.install import platforms
from mephisto_metrics.stack.install.releases import (
    PINNED,
    SUFFIX,
    Archive,
    ArchiveName,
    Release,
    of_version,
    parse_file_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mephisto_metrics.stack.install.platforms import Platform


@dataclass(frozen=True)
class Sources:
    """What the user says of where archives come from."""

    version: str | None = None
    mirror: str | None = None
    path: Path | None = None
    """A file or a folder, instead of any server."""
    pinned: Mapping[str, Release] = field(default_factory=lambda: PINNED)

    @property
    def platform(self) -> Platform:
        """Whose archives are wanted: this machine's, asked for only where an archive is wanted."""
        return platforms.current()

    def archive(self, program: str) -> tuple[Archive, Path | None]:
        """Return the archive of a program, and the file that is it where it is here already."""
        if self.path is not None:
            return self._local(self.path, program)
        archive = self._wanted(program)
        return (archive.at_mirror(self.mirror) if self.mirror else archive), None

    def _wanted(self, program: str) -> Archive:
        if self.version is None:
            return self.pinned[program].archive(self.platform)
        return of_version(program, self.version, self.pinned).archive(self.platform)

    def _local(self, path: Path, program: str) -> tuple[Archive, Path]:
        file = path if path.is_file() else self._in_folder(path, program)
        name = archive_name(file)
        if not os.access(file, os.R_OK):
            raise StackError(f"`{file}` may not be read", "make it readable for yourself")
        if name.platform != str(self.platform):
            raise StackError(
                f"`{file}` is for {name.platform}: this machine is {self.platform}",
                f"get the archive for {self.platform}",
            )
        if name.program != program:
            raise StackError(
                f"`{file}` is an archive of {name.program.capitalize()}, where one of "
                f"{program.capitalize()} is wanted",
                f"name such a file, or leave {program.capitalize()} out with `--only`",
            )
        if not self._is_asked_for(name):
            raise StackError(
                f"`{file}` is version {name.version}: `--version` says {self.version}",
                "leave `--version` out, or get that version",
            )
        return of_version(program, name.version, self.pinned).archive(self.platform), file

    def _in_folder(self, folder: Path, program: str) -> Path:
        """Return the file in a folder that is meant: as asked for, pinned, or the only one."""
        wanted = folder / self._wanted(program).file_name
        if wanted.is_file():
            return wanted
        others = sorted(
            file
            for file in folder.glob(f"{program}*{SUFFIX}")
            if self._may_be_meant(parse_file_name(file.name), program)
        )
        if len(others) == 1:
            return others[0]
        found = ", ".join(f"`{file.name}`" for file in others) or "none"
        raise StackError(
            f"`{folder}` does not hold `{wanted.name}`; other archives of "
            f"{program.capitalize()} for {self.platform} there: {found}",
            f"put it there, or choose with `--only {program} --from FILE`"
            if others
            else f"put it there, or leave {program.capitalize()} out with `--only`",
        )

    def _may_be_meant(self, name: ArchiveName | None, program: str) -> bool:
        if name is None or (name.program, name.platform) != (program, str(self.platform)):
            return False
        return self._is_asked_for(name)

    def _is_asked_for(self, name: ArchiveName) -> bool:
        """Whether a file has the version that is wanted: any build of it where none is named."""
        without_build = name.version.partition("_")[0]
        return self.version is None or self.version.lstrip("v") in {name.version, without_build}


def archive_name(file: Path) -> ArchiveName:
    """Return what a file's name says; `StackError` if it is not a publisher's name."""
    name = parse_file_name(file.name)
    if name is None:
        raise StackError(
            f"`{file.name}` is not the name of an archive of Prometheus or Grafana",
            "keep the publisher's name, such as `prometheus-3.13.2.linux-amd64.tar.gz`: it says "
            "what is in it",
        )
    return name
