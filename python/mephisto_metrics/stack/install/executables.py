"""Whether a program runs here, and which version it says it is."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.secret_variables import without_secrets

TIMEOUT_SECONDS = 30.0
OLDEST_PROMETHEUS = (2, 42)
EXECUTABLES = {"prometheus": Path("prometheus"), "grafana": Path("bin", "grafana")}
"""Where each program is in its release's folder."""
VERSION_TEXT = re.compile(r"\b(?:prometheus,|grafana) version v?(?P<version>\d+\.\d+\.\d+\S*)")


class Executable(NamedTuple):
    """A program that ran."""

    path: Path
    version: str


def version_of(path: Path, program: str) -> str | None:
    """Run a program with `--version`, and return which it says it is; None if it does not say.

    Raises `StackError` if it does not run here.
    """
    found = VERSION_TEXT.search(_run(path, program))
    return found["version"].rstrip(",") if found else None


def check(path: Path, program: str, version: str) -> None:
    """Raise `StackError` if a program does not run here, or is of another version."""
    found = version_of(path, program)
    if found is not None and numbers(found) != numbers(version):
        raise StackError(
            f"`{path}` says that it is version {found}: expected {version}",
            "see whether its archive was renamed",
        )


def prometheus_of_the_user(path: Path) -> Executable:
    """Return a Prometheus that was not installed by us, if all of ours works with it."""
    # A name without a folder would be looked for on PATH, and `./prometheus` has become one.
    given = path.expanduser().absolute()
    found = shutil.which(str(given / "prometheus" if given.is_dir() else given))
    if found is None:
        raise StackError(
            f"there is no executable `{given}`",
            "name the file itself, as in `--prometheus /usr/bin/prometheus`",
        )
    executable = Path(found)
    version = version_of(executable, "prometheus")
    if version is None:
        raise StackError(
            f"`{executable}` is no Prometheus: it does not say its version",
            "name the executable of a Prometheus, or leave `--prometheus` out to download one",
        )
    if numbers(version) < OLDEST_PROMETHEUS:
        oldest = ".".join(map(str, OLDEST_PROMETHEUS))
        raise StackError(
            f"`{executable}` is Prometheus {version}: expected {oldest} or later",
            "leave `--prometheus` out to download a newer one",
        )
    return Executable(executable, version)


def prometheus_on_path() -> Executable | None:
    """Return the Prometheus that a shell would run, if all of ours works with it."""
    found = shutil.which("prometheus")
    try:
        return prometheus_of_the_user(Path(found)) if found else None
    except StackError:
        return None


def numbers(version: str) -> tuple[int, ...]:
    """Return a version's numbers, as versions are compared."""
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[-+]", version)[0]))


def _run(path: Path, program: str) -> str:
    try:
        process = subprocess.run(
            [str(path.absolute()), "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_SECONDS,
            check=False,
            cwd=path.parent,
            env=without_secrets(os.environ),
        )
    except OSError as error:
        raise _does_not_start(path, program, error) from error
    except subprocess.TimeoutExpired:
        raise StackError(
            f"`{path} --version` does not end within {TIMEOUT_SECONDS:.0f} s",
            "see whether the machine is overloaded, then try again",
        ) from None
    said = process.stdout.decode(errors="replace")
    if process.returncode:
        raise StackError(
            f"`{path} --version` fails with status {process.returncode}: {said.strip()[:300]}",
            f"this {program.capitalize()} is broken, or not made for this machine",
        )
    return said


def _does_not_start(path: Path, program: str, error: OSError) -> StackError:
    hints = {
        errno.ENOEXEC: "it is made for another system or CPU",
        errno.ENOENT: "a library that it needs is missing here, as glibc is on Alpine",
        errno.EACCES: "the file system may forbid to run programs: set MEPHISTO_METRICS_HOME to "
        "a folder on another one",
    }
    if not os.access(path, os.F_OK):
        hints[errno.ENOENT] = f"the archive holds no {program.capitalize()}"
    hint = hints.get(error.errno or 0, "see whether it is made for this machine")
    return StackError(f"`{path}` can not be run: {error.strerror or error}", hint)
