"""Logs of processes in the background: begun by whoever starts one, read when it fails."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LONGEST_LOG_BYTES = 8 * 1024 * 1024
LONGEST_READ_BYTES = 64 * 1024
LINES_SHOWN = 3
_START = re.compile(r"starting .+ for PID \d+")


def begin_log(path: Path, name: str) -> int:
    """Write that `name` is started, and return where its own lines will begin.

    On a full disk that fails here, where it is told, and not unheard in the process. A log that has
    become long is put aside, in place of the one before it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LONGEST_LOG_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    with path.open("ab") as log:
        log.write(f"starting {name} for PID {os.getpid()}{os.linesep}".encode())
        log.flush()
        return log.tell()


def last_words(lines: Sequence[str]) -> str:
    """Return the last lines of a log, as they tell why its process has ended."""
    return os.linesep.join(lines[-LINES_SHOWN:]) or "it gave no reason"


def said_since(path: Path, start_bytes: int) -> list[str]:
    """Return the lines that a log has from `start_bytes` on, or as many of the last as are read."""
    try:
        with path.open("rb") as log:
            size_bytes = log.seek(0, os.SEEK_END)
            log.seek(max(start_bytes, size_bytes - LONGEST_READ_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip() for line in lines if line.strip()]


def said_since_start(path: Path) -> list[str]:
    """Return the lines since `begin_log` was last called; none where that is too far back."""
    lines = said_since(path, 0)
    starts = [index for index, line in enumerate(lines) if _START.fullmatch(line)]
    return lines[starts[-1] + 1 :] if starts else []
