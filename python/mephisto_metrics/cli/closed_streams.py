"""Streams that were closed when the command began."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def open_closed_streams() -> None:
    """Let what is written to a stream that was closed at the start be lost, as to `/dev/null`.

    In the order of their descriptors: what is opened next would get that of the first, and with it
    all that is written to the stream by this process and its children.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - to the end
