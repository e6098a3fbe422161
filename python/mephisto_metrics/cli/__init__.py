"""The command line: `mephisto metrics VERB`, the same as `mephisto-metrics VERB`.

Data goes to stdout, all else to stderr. Exit status: 0 done, 1 the user can mend it (with a
`hint:`), 2 wrong usage, 3 our fault.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import TYPE_CHECKING

import click

from mephisto_metrics import __version__
from mephisto_metrics.cli.closed_streams import open_closed_streams
from mephisto_metrics.cli.printable import printable_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

VERBS = {
    "view": "Show the metrics of this machine's Operators.",
    "install": "Install Prometheus and Grafana: the pinned releases, checked.",
    "reinstall": "Install them anew, in the place of what is installed.",
    "remove": "Remove what `install` has made.",
    "doctor": "Look for what is wrong, and say what to do about it.",
    "dashboards": "Put boards and alerts into a Grafana of your own: `export`, `push`.",
    "run": "Run a script as an Operator that other machines can reach.",
    "report": "Write a board with its data to an HTML file.",
    "status": "Say what runs: the store, the viewers, the Operators.",
    "cleanup": "Stop the store and all views, and sweep what processes left behind.",
    "demo": "Show a simulated run on the page.",
}
PROGRAM = "mephisto-metrics"
EXIT_MENDABLE = 1
EXIT_OUR_FAULT = 3


class LazyGroup(click.Group):  # type: ignore[misc]  # click 7 has no types
    """Imports a verb's module when the verb is used: `status` must not wait for the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of a verb; None if there is no such verb."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"mephisto_metrics.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments ask for; name the verbs if there is none."""
        if args[0] not in VERBS:
            verbs = ", ".join(f"`{verb}`" for verb in VERBS)
            ctx.fail(f"there is no verb `{args[0]}`: expected one of {verbs}")
        resolved: tuple[str | None, click.Command | None, list[str]]
        resolved = super().resolve_command(ctx, args)
        return resolved

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def group() -> None:
    """Metrics for Mephisto: see at a glance whether a run is healthy, and why it is not."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status."""
    from mephisto_metrics.machine.errors import StackError

    open_closed_streams()
    try:
        status = group.main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except StackError as error:
        _say(f"error: {error}\n\nhint: {error.hint}")
        return EXIT_MENDABLE
    except click.ClickException as error:
        error.show()
        return int(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except Exception:  # noqa: BLE001 - the last place where a fault of ours can be told from the user's
        _say(f"{traceback.format_exc()}\nerror: this is a fault of mephisto-metrics")
        return EXIT_OUR_FAULT
    # What a verb has exited with, else what it returned, which is nothing.
    return status if isinstance(status, int) else 0


def _say(text: str) -> None:
    click.echo(printable_lines(text), err=True)
