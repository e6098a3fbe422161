"""What is in the files of a home while its processes write and remove some."""

from __future__ import annotations

import os
from pathlib import Path


def files_below(*folders: Path) -> list[Path]:
    """Return all files in folders and in those below."""
    # `Path.rglob` fails at a folder that is removed meanwhile.
    walks = [walked for folder in folders for walked in os.walk(folder)]
    found = [Path(folder, name) for folder, _, names in walks for name in names]
    return [path for path in found if path.is_file()]


def text_of(path: Path) -> str:
    """Return what is in a file; nothing if that is gone."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def files_with(secret: str, *folders: Path) -> list[Path]:
    """Return all files in folders, and in those below, that a secret is in."""
    return [path for path in files_below(*folders) if secret in text_of(path)]
