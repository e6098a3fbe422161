"""What can go wrong around a process, in words for people who never ran one of these servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HINT = "hint: "
_ERROR = "error: "
"""As the command line has it, whose log may be read too."""


class StackError(Exception):
    """A part could not be started, reached or stopped.

    `str(error)` says what failed and why; `hint` says what the user can do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def as_log(self) -> str:
        """Return it as lines of a log, from which `reasons_and_hint` reads it."""
        return f"{self}\n{_HINT}{self.hint}"


def reasons_and_hint(log_lines: Sequence[str]) -> tuple[list[str], str | None]:
    """Return what a log says beside hints, and its last hint, if there is one."""
    hints = [line[len(_HINT) :] for line in log_lines if line.startswith(_HINT)]
    reasons = [line[len(_ERROR) :] if line.startswith(_ERROR) else line for line in log_lines]
    reasons = [line for line in reasons if not line.startswith(_HINT)]
    return reasons, hints[-1] if hints else None
