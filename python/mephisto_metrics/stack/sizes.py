"""Sizes as Prometheus's options have them: `512MB` is 512 * 1024 * 1024 bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from typing import Any

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_SIZE = re.compile(rf"(\d+)({'|'.join(_UNITS)})", re.ASCII)


def bytes_of(text: str) -> int | None:
    """Return how many bytes a text such as `512MB` means; None if it is no size."""
    found = _SIZE.fullmatch(text.strip().upper())
    if found is None:
        return None
    return int(found[1]) * 1024 ** _UNITS.index(found[2])


class Size(click.ParamType):
    """An option that is a size, more than zero."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes; fails as a usage error."""
        found = value if isinstance(value, int) else bytes_of(str(value))
        if not found:
            self.fail(f"{value!r} is no size, such as 512MB or 20GB", param, ctx)
        return found
