"""What runs, on stderr: lines that stay up to date in a terminal, and lines on changes in a log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mephisto_metrics.cli.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.table import Table

    from mephisto_metrics.stack.overview import PartLine

OPERATOR = "operator"
ASKED = ("store", "")
"""Part and id of the store that is asked of all Operators."""


class LiveStatus:
    """Shows lines for as long as its block runs."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True)
        # Labels and names of tasks are a stranger's text: no markup is read in them.
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self._said: dict[tuple[str, str], PartLine] = {}

    def __enter__(self) -> LiveStatus:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            with contextlib.suppress(OSError):
                self._live.stop()

    def show(self, lines: Sequence[PartLine]) -> None:
        """Show these lines in place of those before; a terminal that was closed shows nothing."""
        with contextlib.suppress(OSError):
            if self._console.is_terminal:
                self._live.update(_table(lines), refresh=True)
            else:
                self._say_changes(lines)

    def _say_changes(self, lines: Sequence[PartLine]) -> None:
        said = {(line.part, line.id): line for line in self._known(lines)}
        for which, line in said.items():
            if self._said.get(which) != line:
                words = filter(None, (f"{line.part}:", line.what, line.state))
                self._say(printable(" ".join(words)))
        for which in self._said.keys() - said.keys():
            gone = self._said[which]
            self._say(printable(f"{gone.part}: {gone.what} is gone"))
        self._said = said

    def _known(self, lines: Sequence[PartLine]) -> list[PartLine]:
        """Return the lines as they are, of Operators as they were while no store tells of them."""
        if all(line.is_well for line in lines if (line.part, line.id) == ASKED):
            return list(lines)
        before = [line for line in self._said.values() if line.part == OPERATOR]
        return [*(line for line in lines if line.part != OPERATOR), *before]

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _table(lines: Sequence[PartLine]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for line in lines:
        style = "green" if line.is_well else "bold red"
        what, state = Text(printable(line.what)), Text(printable(line.state), style)
        table.add_row(Text("●", style), line.part, what, state)
    return table
