"""What `install` has left: records of programs, and downloads that were interrupted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.stack import programs, settings
from mephisto_metrics.stack.doctor.findings import Finding, note, problem, well

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTE = 1_000_000
BUILT_IN = {"prometheus": "the built-in store", "grafana": "the built-in page"}


def check() -> Iterator[Finding]:
    """Look at each program, and at downloads."""
    for name, wanted in (("prometheus", settings.store()), ("grafana", settings.viewer())):
        yield _program(name, is_wanted=wanted == name)
    yield from _half_downloads()


def _program(name: str, *, is_wanted: bool) -> Finding:
    program = programs.installed(name)
    title = name.capitalize()
    if program is not None:
        found = f"{title} {program.version} is installed: `{program.executable}`"
        return well("programs.installed", found)
    reinstall = f"mephisto metrics reinstall --only {name}"
    instead = f"{title} can not be started; unless it is asked for, {BUILT_IN[name]} is used"
    if programs.record_path(name).exists():
        executable = _recorded_executable(name)
        if executable is None:
            found = f"the record of {title}, `{programs.record_path(name)}`, is damaged"
            return problem("programs.record-damaged", found, instead, "install it again", reinstall)
        found = f"{title} was installed, and `{executable}` is gone or can not be run"
        return problem("programs.executable-gone", found, instead, "install it again", reinstall)
    if is_wanted:
        found = f"{title} is wanted by a setting, and is not installed"
        meaning = "what needs it does not start"
        remedy = f"install it, or use {BUILT_IN[name]}: leave out that setting"
        install = f"mephisto metrics install --only {name}"
        return problem("programs.missing", found, meaning, remedy, install)
    return well("programs.built-in", f"{title} is not installed: {BUILT_IN[name]} is used")


def _recorded_executable(name: str) -> str | None:
    """Return where a record says that a program is; None if it says nothing."""
    try:
        value = json.loads(programs.record_path(name).read_text(encoding="utf-8"))
        return str(value["executable"]) if value["name"] == name else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _half_downloads() -> Iterator[Finding]:
    for path in sorted(places.downloads_folder().glob("*.part")):
        name = path.name[: -len(".part")]
        yield note(
            "programs.half-download",
            f"the download of {name} is not complete: {path.stat().st_size / MEGABYTE:.1f} MB",
            "an installation is running, or was interrupted; nothing uses what there is of it",
            "give the same command again, which goes on where it ended; or remove it with "
            "`mephisto metrics remove`",
        )
