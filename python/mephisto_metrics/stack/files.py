"""Files that only their owner may read, written beside and renamed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OWNER_ONLY = 0o600


def write_private(path: Path, content: str) -> None:
    """Replace a file at once for every reader; nobody but the owner can read it at any time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Hidden, and without an ending that a program may look for.
    beside = path.with_name(f".{path.name}.tmp")
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(content)
            file.flush()
            # Else a power cut could leave an empty file under the name, and a secret would be gone.
            os.fsync(descriptor)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
