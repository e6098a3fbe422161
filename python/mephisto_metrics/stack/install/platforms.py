"""Which of the publishers' builds runs on this machine."""

from __future__ import annotations

import platform
from typing import NamedTuple

from mephisto_metrics.machine.errors import StackError

SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
WHAT_WORKS = "the built-in store and page work without them: `mephisto metrics view`"


class Platform(NamedTuple):
    """A system and a CPU, in the publishers' words."""

    system: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.system}-{self.architecture}"


def current() -> Platform:
    """Return this machine's platform; `StackError` if nothing can be installed on it."""
    return named(platform.system(), platform.machine())


def named(system: str, machine: str) -> Platform:
    """Return the platform of a system and a machine in Python's words."""
    if system == "Windows":
        raise StackError(
            "mephisto-metrics does not run on Windows yet, its own store and page included",
            "use it in WSL, which is a Linux",
        )
    if system not in SYSTEMS:
        raise StackError(
            f"there is no pinned release for `{system}`: expected Linux or macOS",
            f"{WHAT_WORKS}; a Prometheus of your own is used with `--prometheus PATH`",
        )
    if machine.lower() not in ARCHITECTURES:
        raise StackError(
            f"there is no pinned release for a CPU called `{machine}`: expected amd64 or arm64",
            f"{WHAT_WORKS}; a Prometheus of your own is used with `--prometheus PATH`",
        )
    return Platform(SYSTEMS[system], ARCHITECTURES[machine.lower()])
