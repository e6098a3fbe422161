"""What can go wrong with the home folder, in words."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.users import owner_if_another

if TYPE_CHECKING:
    from collections.abc import Iterator

USED_UP = {errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""What the system says when there are too many processes or open files, or too little memory."""


@contextlib.contextmanager
def explaining_home_faults() -> Iterator[None]:
    """Raise an `OSError` of the block as a `StackError` that says what to do about the home."""
    try:
        yield
    except OSError as error:
        raise (_used_up(error) if error.errno in USED_UP else _of_home(error)) from error


def _used_up(error: OSError) -> StackError:
    return StackError(
        f"the system has nothing more to give: {error.strerror}",
        "end some programs, or let an administrator raise the limits that `ulimit -a` shows",
    )


def _of_home(error: OSError) -> StackError:
    home = places.home()
    is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    way_out = "free some space there" if is_full else "make it a folder that you may write to"
    owner = owner_if_another(home)
    owned = f" (it belongs to {owner})" if owner and not is_full else ""
    return StackError(
        f"the folder `{home}` can not be used: {error.strerror or error}{owned}",
        f"{way_out}, or set MEPHISTO_METRICS_HOME to another folder",
    )
