"""Text of strangers on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return `text` without what would steer a terminal: names and errors are a stranger's."""
    return "".join(one if one.isprintable() else "?" for one in text)


def printable_lines(text: str) -> str:
    """Return `text` as `printable` does, but with its lines."""
    return "\n".join(map(printable, text.split("\n")))
