"""The store's process: `python -m mephisto_metrics.store`.

The work is done in Rust, on threads of its own, or by a Prometheus. What is left for Python is the
housekeeping: to say that the store runs, to see to it that it goes on, to sweep the target files of
processes that are gone, and to end when nobody needs it any more.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mephisto_metrics import places
from mephisto_metrics._core import log_to_stderr
from mephisto_metrics.stack import engines, targets
from mephisto_metrics.stack import store as stack_store
from mephisto_metrics.stack.elsewhere import elsewhere
from mephisto_metrics.stack.errors import StackError
from mephisto_metrics.stack.remote import remote_write_wanted
from mephisto_metrics.stack.retention import parse_retention
from mephisto_metrics.stack.viewers import living_viewers

if TYPE_CHECKING:
    from typing import Callable

HOUSEKEEPING_INTERVAL_SECONDS = 1.0


@click.command()
@click.option("--kind", type=click.Choice(["builtin", "prometheus"]), default="builtin")
@click.option("--port", default=9090, show_default=True, help="Port to bind; 0 for any free one.")
@click.option("--scrape-interval-seconds", default=5.0, show_default=True)
@click.option("--retention", default="15d", show_default=True, help="15d, 10GB, or both: 15d,10GB.")
@click.option(
    "--targets",
    "sources",
    multiple=True,
    help="File, folder or address with targets on other machines; what they need is said by "
    "MEPHISTO_METRICS_SCRAPE_TOKEN_FILE and other variables.",
)
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
    port: int,
    scrape_interval_seconds: float,
    retention: str,
    sources: tuple[str, ...],
    rules: tuple[str, ...],
    linger_seconds: float,
) -> None:
    """Scrape the Operators that announce themselves, keep their samples, answer PromQL."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    log_to_stderr()
    try:
        options = engines.EngineOptions(
            port=port,
            scrape_interval_seconds=scrape_interval_seconds,
            retention=parse_retention(retention),
            remote_write=remote_write_wanted(),
            elsewhere=elsewhere(sources or None),
            rules=tuple(Path(path) for path in rules),
        )
        with engines.running(kind, options, _say, stopping) as engine:
            _say(f"serving {engine.url} for {places.home()}")
            _keep_house(stopping, linger_seconds, engine.check)
    except KeyboardInterrupt:
        _say("told to end before it could serve")
    except StackError as error:
        # Whoever started the store passes this on.
        _say(f"{error}\nhint: {error.hint}")
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
