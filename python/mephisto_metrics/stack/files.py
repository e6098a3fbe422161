"""Files that are replaced at once: written beside and renamed, so no reader sees half of one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OWNER_ONLY = 0o600
AS_THE_USER_HAS_IT = 0o666
"""What the user's umask leaves of it."""


def write_json(path: Path, value: object) -> None:
    """Replace `path` by `value` as JSON."""
    _replace(path, json.dumps(value, indent=1, ensure_ascii=False), AS_THE_USER_HAS_IT)


def write_private_json(path: Path, value: object) -> None:
    """Replace `path` by `value` as JSON that nobody but its owner can read at any time."""
    write_private(path, json.dumps(value, indent=1, ensure_ascii=False))


def write_private(path: Path, content: str) -> None:
    """Replace a file that nobody but its owner can read at any time."""
    _replace(path, content, OWNER_ONLY)


def path_beside(path: Path) -> Path:
    """Return where a file is while it is written: hidden, and without an ending that is looked for.

    Each file has one writer.
    """
    return path.with_name(f".{path.name}.tmp")


def _replace(path: Path, content: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path_beside(path)
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(content)
            file.flush()
            if mode == OWNER_ONLY:
                # Else a power cut could leave an empty file under the name, without its secret.
                os.fsync(descriptor)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
