"""Reading the environment's variables, in which a space more or less means nothing."""

from __future__ import annotations

import os
from pathlib import Path

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.files import check_is_file


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
        check_is_file(path)
        path.open().close()
    except OSError as error:
        raise StackError(
            f"{variable} names `{path}`, which can not be read: {error.strerror}",
            "name a file that you may read, or leave the variable out",
        ) from error
    return path


def certificates_of(variable: str) -> Path | None:
    """Return `file_of()`; raises `StackError` also for a file without certificates."""
    import ssl

    path = file_of(variable)
    if path is None:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise StackError(
            f"{variable} names `{path}`, which can not be used: it has no valid certificates in "
            "PEM format",
            "name the file with the certificates of the authorities that are to be trusted, or "
            "leave the variable out for those of the system",
        ) from error
    return path


def named_file(variable: str) -> Path | None:
    """Return the file that a variable names, which need not be there; None where it names none."""
    text = text_of(variable)
    return absolute(text) if text else None


def absolute(text: str) -> Path:
    """Return the path that a user gave: processes in the background have another current folder."""
    return Path(text).expanduser().absolute()
