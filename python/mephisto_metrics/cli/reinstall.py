"""`mephisto metrics reinstall`."""

from __future__ import annotations

import click

from mephisto_metrics.cli.install import options, perform


@click.command("reinstall")
@options
def command(dry_run: bool, as_json: bool, **given: str | None) -> None:
    """Install Prometheus and Grafana anew, in the place of what is installed.

    Recorded data stays. What runs is not replaced: end it with `mephisto metrics cleanup` first.
    """
    perform(as_json, dry_run, is_replacing=True, **given)
