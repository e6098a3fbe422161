"""Grafana's configuration file: how a value is written so that Grafana reads the same one.

Its parser is go-ini's: `;` and `#` begin a comment unless the value stands in triple quotes.
Grafana then replaces `${NAME}` and `$__file{PATH}`, and go-ini `%(name)s`, wherever they stand;
there is no way to write those literally, so such values are refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXPANDED = re.compile(r"\$(__\w+)?\{|%\([^)]+\)s")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def render(sections: Mapping[str, Mapping[str, str]]) -> str:
    """Write the sections; values are as `text` or `content_of` gave them, or plain words."""
    lines = ["# Written at each start; what you change here is lost."]
    for name, settings in sections.items():
        lines += ["", f"[{name}]", *(f"{key} = {value}" for key, value in settings.items())]
    return "\n".join(lines) + "\n"


def text(value: str, what: str) -> str:
    """Write a value of any characters. Raises `StackError` for one that Grafana would change.

    `what` names it in the error.
    """
    check(value, what)
    return f'"""{value}"""'


def content_of(path: Path) -> str:
    """Write that the value is what stands in a file, without spaces at its ends."""
    check_path(path)
    return f'"""$__file{{{path}}}"""'


def check(value: str, what: str) -> None:
    """Raise `StackError` if Grafana would read another value than this one."""
    found = CONTROL.search(value) or EXPANDED.search(value)
    if found:
        raise refused(what, repr(found[0]) if found[0] < " " else f"`{found[0]}`")


def check_path(path: Path) -> None:
    """Raise `StackError` if Grafana would look for the content of another file than this one."""
    check(str(path), f"the path `{path}`")
    if "}" in str(path):
        raise refused(f"the path `{path}`", "`}`")


def refused(what: str, part: str) -> StackError:
    """Return the error for `what`, which has `part` in it."""
    return StackError(
        f"{what} has {part} in it, which Grafana would not read as it stands",
        "choose one without; for the home, set MEPHISTO_METRICS_HOME to another folder",
    )
