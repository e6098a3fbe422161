"""What an installation tells while it goes on."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Shows what happens; called from several threads."""

    def say(self, text: str) -> None:
        """Show a line."""

    def progress(self, name: str, stage: str, done_bytes: int, total_bytes: int | None) -> None:
        """Show how far a stage of a program has got."""
