"""What can go wrong around a process, in words for people who never ran one of these servers."""

from __future__ import annotations


class StackError(Exception):
    """A part could not be started, reached or stopped.

    `str(error)` says what failed and why; `hint` says what the user can do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
