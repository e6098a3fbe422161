"""What can go wrong around a process, in words for people who never ran one of these servers."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from mephisto_metrics.stack.users import owner_if_another

if TYPE_CHECKING:
    from collections.abc import Iterator


class StackError(Exception):
    """A part could not be started, reached or stopped.

    `str(error)` says what failed and why; `hint` says what the user can do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@contextlib.contextmanager
def explaining_home_faults() -> Iterator[None]:
    """Raise an `OSError` of the block as a `StackError` that says what to do about the home."""
    try:
        yield
    except OSError as error:
        # It stands on this module.
        from mephisto_metrics import places

        home = places.home()
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        way_out = "free some space there" if is_full else "make it a folder that you may write to"
        owner = owner_if_another(home)
        owned = f" (it belongs to {owner})" if owner and not is_full else ""
        raise StackError(
            f"the folder `{home}` can not be used: {error.strerror or error}{owned}",
            f"{way_out}, or set MEPHISTO_METRICS_HOME to another folder",
        ) from error
