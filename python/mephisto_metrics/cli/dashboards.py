"""`mephisto metrics dashboards export` and `push`: boards and alerts for a Grafana of your own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import settings
from mephisto_metrics.stack.addresses import (
    has_credentials,
    has_query,
    host_of,
    is_loopback,
    is_web_address,
    shown,
)

if TYPE_CHECKING:
    from mephisto_metrics.stack.grafana.push import Change

DEFAULT_FOLDER = "mephisto-grafana"
DEFAULT_STORE_URL = "http://127.0.0.1:9090"
TOKEN_VARIABLE = "GRAFANA_TOKEN"  # noqa: S105 - the name of a variable
STDIN = "-"


@click.group("dashboards")
def command() -> None:
    """Put boards and alerts into a Grafana of your own.

    `export` writes files, `push` uses Grafana's HTTP API. The Grafana that `mephisto metrics view`
    starts has them already.
    """


@command.command("export")
@click.argument("folder", default=DEFAULT_FOLDER, type=click.Path())
@click.option(
    "--store-url",
    metavar="URL",
    help=f"Where Grafana reaches the store.  [default: {DEFAULT_STORE_URL}]",
)
@click.option("--data-source", metavar="UID", help="Use this data source, which is there already.")
@click.option(
    "--dashboards-path",
    metavar="PATH",
    help="Where the boards will be on Grafana's machine; by default where they are written.",
)
@click.option("--force", is_flag=True, help="Overwrite files that differ.")
@click.option("--dry-run", is_flag=True, help="Write nothing; name the files.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
def export_command(
    folder: str,
    store_url: str | None,
    data_source: str | None,
    dashboards_path: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write boards, alerts and provisioning files into FOLDER, by default `mephisto-grafana`.

    Its README.md says what goes where in Grafana.
    """
    from mephisto_metrics.stack.grafana.export import Export, check, write

    if store_url is not None and data_source is not None:
        raise click.UsageError("--store-url and --data-source exclude one another")
    store_url = DEFAULT_STORE_URL if store_url is None else store_url
    target = Path(folder).absolute()
    boards_folder = Path(dashboards_path) if dashboards_path else target / "dashboards"
    interval_seconds = settings.scrape_interval_seconds()
    contents = Export(target, store_url, data_source, boards_folder, interval_seconds).contents()
    check(contents, force)
    if not dry_run:
        write(contents)
    paths = sorted(str(path) for path in contents)
    click.echo(json.dumps({"folder": str(target), "files": paths}, indent=2) if as_json else target)
    if not as_json:
        done = "would be written" if dry_run else "written; its README.md says what goes where"
        click.echo(f"{len(paths)} files {done}", err=True)


@command.command("push")
@click.option("--url", required=True, metavar="URL", help="Grafana's address.")
@click.option("--token-file", metavar="FILE", help="File with a token of a service account.")
@click.option("--token", metavar=STDIN, help="Only `-`: read the token from stdin.")
@click.option("--store-url", metavar="URL", help="Make a data source over the store at this URL.")
@click.option(
    "--data-source",
    metavar="UID",
    help="Which data source to use, or with --store-url to make; by default the only Prometheus, "
    "or the default one.",
)
@click.option("--no-alerts", is_flag=True, help="Boards only.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
def push_command(
    url: str,
    token_file: str | None,
    token: str | None,
    store_url: str | None,
    data_source: str | None,
    no_alerts: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Put boards and alerts into the Grafana at URL, by its HTTP API.

    A second time changes only what differs. The token is read from --token-file, from stdin with
    `--token -`, or from the variable GRAFANA_TOKEN, and never from the command line, where
    everybody on this machine could see it. Its service account needs the role Admin.
    """
    from mephisto_metrics.stack.grafana.api import GrafanaApi
    from mephisto_metrics.stack.grafana.push import Push, Wishes

    secret = _token(token_file, token)
    _check_url(url)
    interval_seconds = settings.scrape_interval_seconds()
    wishes = Wishes(store_url, data_source, interval_seconds, not no_alerts, dry_run)
    changes = Push(GrafanaApi(url, secret, is_local=is_loopback(host_of(url))), wishes).run()
    _print(changes, dry_run, as_json)


def _print(changes: list[Change], is_dry_run: bool, as_json: bool) -> None:
    if as_json:
        value = {"dry_run": is_dry_run, "changes": [vars(change) for change in changes]}
        click.echo(json.dumps(value, indent=2))
        return
    for change in changes:
        click.echo(f"{change.action:<10}{change.kind:<12}{change.uid}")
    if is_dry_run:
        click.echo("nothing was changed: this was a dry run", err=True)


def _token(token_file: str | None, token: str | None) -> str:
    if token not in {None, STDIN}:
        raise click.BadParameter(
            "a token on a command line can be seen by everybody on this machine, and stays in the "
            "shell's history; use --token-file FILE, `--token -` or GRAFANA_TOKEN",
            param_hint="--token",
        )
    text, source = _token_text(token_file, token)
    secret = text.strip()
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise StackError(f"there is no token in {source}", "expected one word, as Grafana shows it")
    return secret


def _token_text(token_file: str | None, token: str | None) -> tuple[str, str]:
    if token_file is not None and token is not None:
        raise click.UsageError("--token-file and --token exclude one another")
    if token is not None:
        return sys.stdin.read(), "stdin"
    if token_file is not None:
        try:
            return Path(token_file).read_text(encoding="utf-8"), f"`{token_file}`"
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise StackError(
                f"`{token_file}` can not be read: {reason}", "name the file with Grafana's token"
            ) from error
    text = os.environ.get(TOKEN_VARIABLE)
    if not text:
        raise click.UsageError(f"missing the token: --token-file FILE, or {TOKEN_VARIABLE}")
    return text, TOKEN_VARIABLE


def _check_url(url: str) -> None:
    from urllib.parse import urlsplit

    fault = _fault_of(url)
    if fault is not None:
        raise click.BadParameter(
            f"`{shown(url)}` {fault}: expected one like https://grafana.example.org",
            param_hint="--url",
        )
    if urlsplit(url).scheme == "http" and not is_loopback(host_of(url)):
        click.echo(
            f"warning: who is between here and {url} can read the token; use https", err=True
        )


def _fault_of(url: str) -> str | None:
    """Return what is wrong with an address; what is left out where it is shown has to be named."""
    if not is_web_address(url):
        return "is no address of a Grafana"
    if has_credentials(url):
        return "was given with a name or a password in it, which does not belong there"
    if has_query(url):
        return "was given with a `?` or `#` after it, which does not belong there"
    return None
