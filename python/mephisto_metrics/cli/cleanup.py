"""`mephisto metrics cleanup`."""

from __future__ import annotations

import click

from mephisto_metrics.stack import page, store, targets
from mephisto_metrics.stack.errors import explaining_home_faults
from mephisto_metrics.stack.viewers import living_viewers


@click.command("cleanup")
def command() -> None:
    """Stop the store and the page, and sweep what processes left behind.

    Operators go on, and each starts the store again when it next looks for it, within some ten
    seconds. Recorded data stays.
    """
    with explaining_home_faults():
        _clean_up()


def _clean_up() -> None:
    shown, stored = page.running(), store.running()
    if shown is not None and shown.identity.stop():
        click.echo(f"stopped the page at {shown.url} (PID {shown.pid})", err=True)
    page.state_path().unlink(missing_ok=True)
    store.stop()
    if stored is not None:  # it may have gone with the view that had started it
        click.echo(f"stopped the store at {stored.url} (PID {stored.pid})", err=True)
    living_viewers()
    swept = targets.sweep()
    if swept:
        click.echo(f"removed {len(swept)} target files of Operators that are gone", err=True)
    if shown is None and stored is None and not swept:
        click.echo("nothing to clean up", err=True)
