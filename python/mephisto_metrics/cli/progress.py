"""How an installation shows what happens: bars in a terminal, a few lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mephisto_metrics.stack.install.reporting import Reporter

MEGABYTE = 1_000_000
STEP_PERCENT = 25


@contextlib.contextmanager
def reporting() -> Iterator[Reporter]:
    """Show on stderr what is told in the block."""
    if not sys.stderr.isatty():
        yield LineReporter()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield BarReporter(progress)


class BarReporter:
    """A bar for each program."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._tasks: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def progress(self, name: str, stage: str, done_bytes: int, total_bytes: int | None) -> None:
        """Move a program's bar; a new stage takes the place of the one before."""
        total = total_bytes or max(done_bytes, 1)
        with self._lock:
            if (name, stage) not in self._tasks:
                for old in [key for key in self._tasks if key[0] == name]:
                    self._progress.remove_task(self._tasks.pop(old))
                self._tasks[name, stage] = self._progress.add_task(f"{stage} {name}", total=total)
            self._progress.update(self._tasks[name, stage], completed=done_bytes, total=total)


class LineReporter:
    """A line for every quarter of a download, and for the beginning of what follows it."""

    def __init__(self) -> None:
        self._shown: set[str] = set()
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Print a line."""
        click.echo(text, err=True)

    def progress(self, name: str, stage: str, done_bytes: int, total_bytes: int | None) -> None:
        """Print a line if there is news."""
        line = f"{stage} {name}"
        if stage == "downloading" and total_bytes:
            percent = 100 * done_bytes // total_bytes // STEP_PERCENT * STEP_PERCENT
            line += f": {percent} % of {total_bytes / MEGABYTE:.1f} MB"
        with self._lock:
            is_news = line not in self._shown
            self._shown.add(line)
        if is_news:
            self.say(line)
