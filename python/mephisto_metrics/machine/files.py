"""What the system says of files."""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def check_is_file(path: Path) -> None:
    """Raise `OSError` for what is not a file, or not there.

    A pipe, such as a shell's `<(command)`, would keep whoever reads it waiting, and has its content
    only once.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        reason = "it is not a file, which could be read more than once"
        raise OSError(errno.EINVAL, reason, str(path))
