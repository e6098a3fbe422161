"""What starts and stops leave behind on a machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psutil
from tests.e2e.conftest import Installation
from tests.endurance.conftest import FOLDER_VARIABLES, PORT_VARIABLES

SEGMENT = re.compile(r"(/(?:wal|chunks_head)/)\d+$")
"""Prometheus begins another at each start, and removes the old ones after two hours."""


class Traces(NamedTuple):
    """What is there while nothing runs."""

    files: set[str]
    """In the home of the metrics, that of the user, and where programs put what passes."""
    processes: list[str]
    ports: set[int]
    """Of the installation's, those that are listened on."""


def traces_of(installation: Installation) -> Traces:
    folders = [Path(installation.environment[name]) for name in FOLDER_VARIABLES]
    return Traces(
        files={file for folder in (installation.home, *folders) for file in files_below(folder)},
        processes=[described(process) for process in processes_of(installation)],
        ports=listened_on() & own_ports(installation),
    )


def files_below(folder: Path) -> Iterable[str]:
    for path in folder.rglob("*"):
        yield SEGMENT.sub(r"\1N", str(path))


def processes_of(installation: Installation) -> list[psutil.Process]:
    """Return the processes that were given this home, whoever started them."""
    return [process for process in psutil.process_iter() if home_of(process) == installation.home]


def home_of(process: psutil.Process) -> Path | None:
    try:
        home = process.environ().get("MEPHISTO_METRICS_HOME")
    except psutil.Error:
        return None
    return Path(home) if home else None


def described(process: psutil.Process) -> str:
    try:
        return f"{process.pid}: {' '.join(process.cmdline())}"
    except psutil.Error:
        return f"{process.pid}"


def listened_on() -> set[int]:
    return {one.laddr.port for one in psutil.net_connections("tcp") if one.status == "LISTEN"}


def own_ports(installation: Installation) -> set[int]:
    return {int(installation.environment[name]) for name in PORT_VARIABLES}


def still_there(processes: Iterable[psutil.Process]) -> list[str]:
    """Return those that have not ended, or have and nobody has waited for them."""
    return [described(process) for process in processes if process.is_running()]
