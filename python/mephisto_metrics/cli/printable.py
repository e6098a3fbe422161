"""Text of strangers on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return `text` without what would steer a terminal: names and errors are a stranger's."""
    return "".join(one if one.isprintable() else "?" for one in text)
