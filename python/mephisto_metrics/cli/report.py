"""`mephisto metrics report`."""

from __future__ import annotations

import contextlib
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mephisto_metrics.cli.printable import printable
from mephisto_metrics.cli.showing import stop_store_unless_needed
from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.report import boards, snapshot, times, variables
from mephisto_metrics.report.queries import TimeRange
from mephisto_metrics.stack import settings, store
from mephisto_metrics.stack.viewers import viewing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mephisto_metrics.stack.store_state import StoreState

MEGABYTE = 1_000_000


@click.command("report")
@click.option("--board", "uid", metavar="UID", help="Which board; by default the first.")
@click.option("--from", "start", default="now-6h", show_default=True, help="First time shown.")
@click.option("--to", "end", default="now", show_default=True, help="Last time shown.")
@click.option(
    "--var", "chosen", multiple=True, metavar="NAME=VALUE", help="Choose a value, as of operator."
)
@click.option("--output", metavar="FILE", help="By default named by board and time; - is stdout.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
def command(
    uid: str | None,
    start: str,
    end: str,
    chosen: Sequence[str],
    output: str | None,
    force: bool,
) -> None:
    """Write a board with its data to an HTML file that opens anywhere, without a server.

    Times are as on the page, in this machine's time zone: `now-6h`, `now/d` (today), `now-1d/d`
    (yesterday), ISO 8601, or milliseconds since the epoch. Where no store runs, the one
    of this home is started for as long as it takes, if it has recorded anything.
    """
    board = boards.find(uid)
    selections = _selections(board, chosen)
    shown = _time_range(start, end)
    path = None if output == "-" else Path(output or _default_name(board, shown))
    if path is not None and path.exists() and not force:
        raise _taken(path)
    gaps: list[str] = []
    with _store() as state, _progress() as advance:
        taken = snapshot.take(state, board, shown, selections, advance, gaps.append)
    text = snapshot.document(taken)
    for gap in gaps:
        click.echo(f"warning: {printable(gap)}", err=True)
    _write(text.encode(), path, force)


def _selections(board: boards.BoardFile, chosen: Sequence[str]) -> dict[str, list[str]]:
    names = [variable["name"] for variable in variables.choosable(board.dashboard)]
    selections: dict[str, list[str]] = {}
    for text in chosen:
        name, separator, value = text.partition("=")
        if name not in names or not separator:
            expected = ", ".join(f"`{one}=VALUE`" for one in names) or "none: the board has none"
            raise click.BadParameter(f"`{text}`: expected {expected}", param_hint="--var")
        selections.setdefault(name, []).append(variables.ALL if value == "All" else value)
    return selections


def _time_range(start: str, end: str) -> TimeRange:
    now_ms = round(time.time() * 1000)
    ends = []
    for option, text in (("--from", start), ("--to", end)):
        time_ms = times.parse_time_ms(text, now_ms, is_end=option == "--to")
        if time_ms is None:
            expected = "expected one like `now-6h`, `now/d`, `2026-01-31T18:00`, or milliseconds"
            raise click.BadParameter(f"`{text}` is no time: {expected}", param_hint=option)
        ends.append(time_ms)
    if ends[0] >= ends[1]:
        raise click.BadParameter(f"`{start}` is not before `{end}`", param_hint="--from")
    return TimeRange(*ends)


def _default_name(board: boards.BoardFile, shown: TimeRange) -> str:
    end = datetime.fromtimestamp(shown.to_ms // 1000, timezone.utc)
    return f"{board.uid}-{end:%Y-%m-%dT%H-%M-%SZ}.html"


@contextlib.contextmanager
def _store() -> Iterator[StoreState]:
    """Give the store of this home, which is started for the block if it has anything to tell."""
    state = store.asked()
    if state is None and not _has_recorded():
        raise StackError(
            f"no store runs, and none has recorded anything in `{places.home()}`",
            "run a Mephisto task, look around in `mephisto metrics demo`, or let "
            f"{settings.STORE_VARIABLE} name a store elsewhere, as `--store` does for `view`",
        )
    with viewing():
        try:
            yield state or store.ensure_running()
        finally:
            if state is None:
                stop_store_unless_needed()


def _has_recorded() -> bool:
    stores = ("builtin", "prometheus-*")
    folders = [path for kind in stores for path in places.home().glob(f"data/{kind}/")]
    return any(any(folder.iterdir()) for folder in folders)


@contextlib.contextmanager
def _progress() -> Iterator[Any]:
    """Give a function that shows on stderr how many of all questions are answered."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("asking the store")
        yield lambda count, total: progress.update(task, completed=count, total=total)


def _write(content: bytes, path: Path | None, force: bool) -> None:
    if path is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(content)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        raise StackError(
            f"`{path}` can not be written: {error.strerror or error}",
            "choose another file with `--output`",
        ) from error
    click.echo(path)
    click.echo(f"{len(content) / MEGABYTE:.1f} MB; open it in any browser", err=True)


def _taken(path: Path) -> StackError:
    hint = "choose another file with `--output`, or overwrite it with `--force`"
    return StackError(f"`{path}` is there already", hint)
