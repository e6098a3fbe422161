"""Whether somebody sits at a stream."""

from __future__ import annotations

from typing import IO


def is_terminal(stream: IO[str] | None) -> bool:
    """Return whether a stream is a terminal; None stands for one that was closed at the start."""
    return stream is not None and stream.isatty()
