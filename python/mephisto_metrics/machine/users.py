"""Users of this machine: whose a file or a process is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def user_name(user_id: int) -> str:
    """Return how people call a user, such as ``user `ada` ``; by number where there is no name."""
    try:
        import pwd

        return f"user `{pwd.getpwuid(user_id).pw_name}`"
    except (ImportError, KeyError):
        return f"user {user_id}"


def owner_if_another(path: Path) -> str | None:
    """Return whose `path` is if it is not this process's user; None too if that can not be told."""
    try:
        owner = path.stat().st_uid
    except OSError:
        return None
    is_own = not hasattr(os, "getuid") or owner == os.getuid()
    return None if is_own else user_name(owner)
