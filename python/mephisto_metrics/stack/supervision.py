"""Servers that are not ours, as Prometheus: started, watched, started again, ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Program:
    """A server that is not ours, as it is started and watched."""

    name: str
    """For people, such as `Prometheus`."""
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """In addition to that of this process."""
    log_path: Path
    """Its stdout and stderr, appended."""
    state_path: Path
    url: str
    """Its address, without a path."""
    is_ready: Callable[[], bool]
    """Whether it can serve, and what stands behind it too."""
    start_timeout_seconds: float
    explain: Callable[[list[str]], str | None]
    """Makes of the last lines of its log a hint for people who never ran it, if it knows one."""
