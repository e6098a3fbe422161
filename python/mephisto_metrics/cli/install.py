"""`mephisto metrics install`."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import click

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import is_web_address, shown
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.programs import NAMES, installed

if TYPE_CHECKING:
    from mephisto_metrics.stack.install.installing import Outcome
    from mephisto_metrics.stack.install.planning import Request, Step
    from mephisto_metrics.stack.install.reporting import Reporter


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that `install` and `reinstall` have in common."""
    for option in reversed(
        (
            click.option("--only", type=click.Choice(NAMES), help="Leave the other one out."),
            click.option("--version", metavar="X", help="Another release; needs `--only`."),
            click.option("--mirror", metavar="URL", help="A server that has the archives."),
            click.option(
                "--from",
                "path",
                type=click.Path(exists=True),
                metavar="FILE_OR_FOLDER",
                help="Archives on this machine; no network is used.",
            ),
            click.option(
                "--prometheus", metavar="PATH", help="Use this Prometheus; download none."
            ),
            click.option("--dry-run", is_flag=True, help="Only say what would be done."),
            click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts."),
        )
    ):
        command = option(command)
    return command


@click.command("install")
@options
def command(dry_run: bool, as_json: bool, **given: str | None) -> None:
    """Install Prometheus and Grafana into this home: the pinned official releases, checked.

    Neither is needed for `mephisto metrics view`, which has a store and a page built in. What is
    installed already is kept. What was interrupted goes on.
    """
    perform(as_json, dry_run, is_replacing=False, **given)


def perform(as_json: bool, dry_run: bool, is_replacing: bool, **given: str | None) -> None:
    """Install what the options say, print what came of it, and raise what went wrong."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        request = _request(is_replacing, **given)
        if dry_run:
            _show_plan(request, as_json)
            return
        _install(request, as_json)
    except StackError as error:
        if as_json and not isinstance(error, _ShownError):
            click.echo(json.dumps({"error": str(error), "hint": error.hint}, indent=2))
        raise


def _request(
    is_replacing: bool,
    only: str | None,
    version: str | None,
    mirror: str | None,
    path: str | None,
    prometheus: str | None,
) -> Request:
    _check_usage(only, version, mirror, path, prometheus)
    from mephisto_metrics.stack.install.planning import Request
    from mephisto_metrics.stack.install.sources import Sources, archive_name

    source = Path(path) if path else None
    names = (only,) if only else NAMES
    if source and source.is_file() and prometheus is None:
        names = (only or archive_name(source).program,)
    is_asked_for = "prometheus" in names and not (version or mirror or path or is_replacing)
    if prometheus is None and is_asked_for and installed("prometheus") is None:
        prometheus = _offer_system_prometheus()
    return Request(
        names=names,
        sources=Sources(version=version, mirror=mirror, path=source),
        prometheus=Path(prometheus) if prometheus else None,
        is_replacing=is_replacing,
    )


def _check_usage(
    only: str | None,
    version: str | None,
    mirror: str | None,
    path: str | None,
    prometheus: str | None,
) -> None:
    if version and not only:
        raise click.UsageError("`--version` needs `--only prometheus` or `--only grafana`")
    if mirror and path:
        raise click.UsageError("`--mirror` and `--from` exclude each other")
    if mirror and not is_web_address(mirror):
        raise click.UsageError(
            f"`--mirror {shown(mirror)}`: expected an address with http:// or https://; a folder "
            "of this machine is `--from`"
        )
    if mirror and set(mirror) & {"?", "#"}:
        raise click.UsageError(
            f"`--mirror {shown(mirror)}` was given with a `?` or `#` after it, which is not shown: "
            "leave that out, as names of files are put behind the address"
        )
    if prometheus and (only == "grafana" or version):
        raise click.UsageError("`--prometheus` excludes `--only grafana` and `--version`")


def _offer_system_prometheus() -> str | None:
    """Ask whether the Prometheus that is there should be used; without a terminal only say so."""
    from mephisto_metrics.stack.install.executables import prometheus_on_path

    found = prometheus_on_path()
    if found is None:
        return None
    there = f"Prometheus {found.version} is on this machine already: {found.path}"
    if sys.stdin.isatty():
        question = f"{there}\nUse it, and download none?"
        return str(found.path) if click.confirm(question, default=True, err=True) else None
    click.echo(f"{there}; `--prometheus {found.path}` would use it", err=True)
    return None


def _show_plan(request: Request, as_json: bool) -> None:
    from mephisto_metrics.stack.install.planning import plan

    with explaining_home_faults():
        steps = plan(request)
    if as_json:
        found = [{**_step_json(step), "status": "planned"} for step in steps]
        click.echo(json.dumps({"is_dry_run": True, "programs": found}, indent=2))
        return
    for step in steps:
        click.echo(step)


def _install(request: Request, as_json: bool) -> None:
    from mephisto_metrics.cli.progress import reporting
    from mephisto_metrics.stack.install.installing import failure, install

    with reporting() as reporter:
        outcomes = _reminding(lambda: install(request, reporter), reporter)
    if as_json:
        found = [_outcome_json(outcome) for outcome in outcomes]
        click.echo(json.dumps({"is_dry_run": False, "programs": found}, indent=2))
    else:
        for outcome in outcomes:
            if outcome.program:
                program = outcome.program
                click.echo(f"{program.name} {program.version} {program.executable}")
    error = failure(outcomes)
    if error:
        raise _ShownError(str(error), error.hint)


def _reminding(work: Callable[[], list[Outcome]], reporter: Reporter) -> list[Outcome]:
    try:
        return work()
    except KeyboardInterrupt:
        reporter.say("the same command goes on where this one was interrupted")
        raise


class _ShownError(StackError):
    """An error that the JSON on stdout has already."""


def _step_json(step: Step) -> dict[str, Any]:
    from mephisto_metrics.stack.install.planning import Get

    if not isinstance(step, Get):
        program = step.program
        return {
            "name": program.name,
            "version": program.version,
            "action": type(step).__name__.lower(),
            "executable": str(program.executable),
        }
    pinned = step.archive.pinned
    return {
        "name": step.archive.program,
        "version": step.archive.version,
        "action": "get",
        "executable": str(step.executable),
        "source": step.source,
        "pinned_sha256": pinned.sha256 if pinned else None,
        "checksums": step.archive.checksums_name if step.archive.needs_checksums else None,
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    found = _step_json(outcome.step)
    if outcome.error:
        failed = {"error": str(outcome.error), "hint": outcome.error.hint}
        return {**found, "status": "failed", **failed}
    return {**found, "status": "installed"}
