"""The store's process: `python -m mephisto_metrics.store`.

The work is done in Rust, on threads of its own, or by a Prometheus. What is left for Python is the
housekeeping: to say that the store runs, to see to it that it goes on, to sweep the target files of
processes that are gone, and to end when nobody needs it any more.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mephisto_metrics._core import log_to_stderr
from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import engines, settings, targets
from mephisto_metrics.stack import store as stack_store
from mephisto_metrics.stack.elsewhere import elsewhere
from mephisto_metrics.stack.engine_options import EngineOptions
from mephisto_metrics.stack.remote import remote_write_wanted
from mephisto_metrics.stack.retention import parse_retention
from mephisto_metrics.stack.store_settings import set_in
from mephisto_metrics.stack.viewers import living_viewers

if TYPE_CHECKING:
    from typing import Callable

HOUSEKEEPING_INTERVAL_SECONDS = 1.0


@click.command()
@click.option("--kind", type=click.Choice(["builtin", "prometheus"]), default="builtin")
@click.option("--port", help="Port to bind; 0 for any free one.")
@click.option("--scrape-interval-seconds")
@click.option("--retention", help="15d, 10GB, or both: 15d,10GB.")
@click.option(
    "--rules",
    "rules",
    multiple=True,
    type=click.Path(),
    help="File of alerting and recording rules, in place of those of the package and the home.",
)
@click.option(
    "--linger-seconds",
    default=60.0,
    show_default=True,
    help="How long to go on when no Operator runs and nobody looks.",
)
def main(
    kind: str,
    port: str | None,
    scrape_interval_seconds: str | None,
    retention: str | None,
    rules: tuple[str, ...],
    linger_seconds: float,
) -> None:
    """Scrape the Operators that announce themselves, keep their samples, answer PromQL.

    What no option says is taken from the variables that `mephisto metrics view` takes it from.
    Where others are, what they want, and who is sent the samples is said by variables alone: every
    user of a machine can read command lines.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    log_to_stderr()
    try:
        settings.set_variables(
            {
                settings.STORE_PORT_VARIABLE: port,
                settings.SCRAPE_INTERVAL_VARIABLE: scrape_interval_seconds,
                settings.RETENTION_VARIABLE: retention,
            }
        )
        options = EngineOptions(
            port=settings.store_port(),
            scrape_interval_seconds=settings.scrape_interval_seconds(),
            retention=parse_retention(settings.retention()),
            remote_write=remote_write_wanted(),
            elsewhere=elsewhere(),
            rules=tuple(Path(path).absolute() for path in rules),
            started_with=set_in(os.environ),
        )
        with engines.running(kind, options, _say, stopping) as engine:
            _say(f"serving {engine.url} for {places.home()}")
            _keep_house(stopping, linger_seconds, engine.check)
    except KeyboardInterrupt:
        _say("told to end before it could serve")
    except StackError as error:
        # Whoever started the store passes this on.
        _say(error.as_log())
        sys.exit(1)


def _say(text: str) -> None:
    """Write to the log, which may be on a full disk: that must not end the store."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def _is_needed() -> bool:
    try:
        return bool(targets.live_files() or living_viewers())
    except OSError:
        return True  # what can not be told must not end the store


def _keep_house(
    stopping: threading.Event, linger_seconds: float, check: Callable[[], None]
) -> None:
    """Return when told to stop, or when nobody has needed the store for `linger_seconds`."""
    needed_until = time.monotonic() + linger_seconds
    while not stopping.wait(HOUSEKEEPING_INTERVAL_SECONDS):
        check()
        if _is_needed():
            needed_until = time.monotonic() + linger_seconds
        elif time.monotonic() > needed_until and stack_store.retire(_is_needed):
            _say("no Operator runs and nobody looks: ending")
            return


if __name__ == "__main__":
    main()
