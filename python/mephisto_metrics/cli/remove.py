"""`mephisto metrics remove`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.home_faults import explaining_home_faults

if TYPE_CHECKING:
    from mephisto_metrics.stack.install.removing import Removable

MEGABYTE = 1_000_000


@click.command("remove")
@click.option("--data", "has_data", is_flag=True, help="Remove what has been recorded, too.")
@click.option("--yes", "is_confirmed", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
def command(has_data: bool, is_confirmed: bool, dry_run: bool, as_json: bool) -> None:
    """Remove the Prometheus and the Grafana that `install` has made.

    Recorded data stays unless `--data` is given. A program of the system that was chosen with
    `--prometheus` stays, and is no longer used.
    """
    from mephisto_metrics.cli.progress import LineReporter
    from mephisto_metrics.stack.install.installing import alone
    from mephisto_metrics.stack.install.removing import refuse_if_used, removable

    if not places.home().is_dir():
        _print([], dry_run, as_json)
        return
    with explaining_home_faults(), alone(LineReporter()):
        things = removable(has_data)
        if things and not dry_run:
            refuse_if_used(has_data)
            if not is_confirmed:
                _ask(things, has_data)
                # Something may have begun while it was asking, or have recorded more and ended.
                refuse_if_used(has_data)
                things = removable(has_data)
            _remove(things)
    _print(things, dry_run, as_json)


def _ask(things: list[Removable], has_data: bool) -> None:
    question = f"{_listed(things)}\nRemove {_sum(things)}" + (
        ", recorded data among it?" if has_data else "? Recorded data stays."
    )
    if not sys.stdin.isatty():
        raise StackError(
            f"nobody can be asked here whether to remove {_sum(things)}", "say so with `--yes`"
        )
    click.confirm(question, abort=True, err=True)


def _remove(things: list[Removable]) -> None:
    from mephisto_metrics.stack.install.removing import programs_of_the_system, remove

    chosen = programs_of_the_system()
    remove(things)
    for program in chosen:
        click.echo(f"left as it is, but no longer used: {program.executable}", err=True)


def _print(things: list[Removable], dry_run: bool, as_json: bool) -> None:
    if as_json:
        found = [{"path": str(one.path), "size_bytes": one.size_bytes} for one in things]
        size_bytes = sum(one.size_bytes for one in things)
        value = {"is_dry_run": dry_run, "size_bytes": size_bytes, "removed": found}
        click.echo(json.dumps(value, indent=2))
    elif not things:
        click.echo("nothing is installed", err=True)
    elif dry_run:
        click.echo(f"{_listed(things)}\n{_sum(things)} would be removed", err=True)
    else:
        click.echo(f"{_listed(things)}\nremoved {_sum(things)}", err=True)


def _listed(things: list[Removable]) -> str:
    return "\n".join(map(_line, things))


def _line(thing: Removable) -> str:
    remark = f" ({thing.remark})" if thing.remark else ""
    return f"{thing.size_bytes / MEGABYTE:>10.1f} MB  {thing.path}{remark}"


def _sum(things: list[Removable]) -> str:
    return f"{sum(one.size_bytes for one in things):,} bytes"
