"""What a check finds, in words for people who know neither Prometheus nor Grafana."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

CLEANUP = "mephisto metrics cleanup"
"""The command that ends what runs, and removes what was left behind."""


class Level(str, Enum):
    """How bad a finding is."""

    PROBLEM = "problem"
    """Something does not work, or will not."""
    NOTE = "note"
    """Good to know; nothing has to be done at once."""
    WELL = "well"


@dataclass(frozen=True)
class Finding:
    """One thing that a check has to say."""

    id: str
    """Area and condition, such as `ports.taken`: it stays the same for scripts."""
    level: Level
    found: str
    meaning: str = ""
    remedy: str = ""
    command: str | None = None
    """What does the remedy, where a command does."""

    @property
    def area(self) -> str:
        """The part of the whole that it is about."""
        return self.id.partition(".")[0]


def well(id_: str, found: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(id_, Level.WELL, found)


def note(id_: str, found: str, meaning: str, remedy: str, command: str | None = None) -> Finding:
    """Return something good to know."""
    return Finding(id_, Level.NOTE, found, meaning, remedy, command)


def problem(id_: str, found: str, meaning: str, remedy: str, command: str | None = None) -> Finding:
    """Return something that does not work."""
    return Finding(id_, Level.PROBLEM, found, meaning, remedy, command)
