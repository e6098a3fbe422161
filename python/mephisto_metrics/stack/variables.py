"""Reading the environment's variables, in which a space more or less means nothing."""

from __future__ import annotations

import os
from pathlib import Path

from mephisto_metrics.machine.errors import StackError


def text_of(variable: str) -> str:
    """Return what a variable says; empty where it is not set."""
    return os.environ.get(variable, "").strip()


def file_of(variable: str) -> Path | None:
    """Return the file that a variable names, as an absolute path; None where it names none.

    Raises `StackError` for one that can not be read.
    """
    path = named_file(variable)
    if path is None:
        return None
    try:
        path.open().close()
    except OSError as error:
        raise StackError(
            f"{variable} names `{path}`, which can not be read: {error.strerror}",
            "name a file that you may read, or leave the variable out",
        ) from error
    return path


def named_file(variable: str) -> Path | None:
    """Return the file that a variable names, which need not be there; None where it names none."""
    text = text_of(variable)
    return absolute(text) if text else None


def absolute(text: str) -> Path:
    """Return the path that a user gave: processes in the background have another current folder."""
    return Path(text).expanduser().absolute()
