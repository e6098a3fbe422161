"""Which Prometheus and which Grafana this home uses: a record for each, written by `install`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from mephisto_metrics.machine import places
from mephisto_metrics.stack.files import write_json

NAMES = ("prometheus", "grafana")


@dataclass(frozen=True)
class InstalledProgram:
    """A program that can be started."""

    name: str
    """`prometheus` or `grafana`."""
    version: str
    """Such as `3.13.2`."""
    executable: Path
    folder: Path
    """The release's folder, in which a program finds what it brings."""
    is_ours: bool
    """Unpacked by `install`, so that `remove` removes it; else a program of the system."""


def record_path(name: str) -> Path:
    """Return the file that says which program of that name is used."""
    return places.programs_folder() / f"{name}.json"


def installed(name: str) -> InstalledProgram | None:
    """Return the recorded program; None if there is none that can be started.

    A damaged record, and one whose executable is gone, are as good as none.
    """
    try:
        value = json.loads(record_path(name).read_text(encoding="utf-8"))
        program = _from_json(value)
        # In a folder that is closed to this user it can not even be looked at.
        is_usable = program.name == name and _is_executable(program.executable)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return program if is_usable else None


def installed_store() -> str:
    """Return which kind of store is used where none is wanted by name."""
    return "builtin" if installed("prometheus") is None else "prometheus"


def record(program: InstalledProgram) -> None:
    """Make `program` the one of its name that is used from now on."""
    value = asdict(program)
    value.update(executable=str(program.executable), folder=str(program.folder))
    write_json(record_path(program.name), value)


def forget(name: str) -> None:
    """Remove the record of a program, and nothing else."""
    record_path(name).unlink(missing_ok=True)


def _from_json(value: dict[str, object]) -> InstalledProgram:
    for field in fields(InstalledProgram):
        expected = bool if field.name == "is_ours" else str
        if not isinstance(value[field.name], expected):
            raise TypeError(f"`{field.name}` is not a {expected.__name__}")
    return InstalledProgram(
        name=str(value["name"]),
        version=str(value["version"]),
        executable=Path(str(value["executable"])),
        folder=Path(str(value["folder"])),
        is_ours=bool(value["is_ours"]),
    )


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
