"""The built-in store's process: `python -m mephisto_metrics.store`.

The work is done in Rust, on threads of its own. What is left for Python is the housekeeping: to say
that the store runs, to sweep the target files of processes that are gone, and to end when nobody
needs it any more.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import NoReturn

import click

from mephisto_metrics import places
from mephisto_metrics._core import Store, StoreError, log_to_stderr
from mephisto_metrics.ports import is_port_in_use, port_in_use_error
from mephisto_metrics.stack import store as stack_store
from mephisto_metrics.stack import targets
from mephisto_metrics.stack.state import remove_own_state, write_state
from mephisto_metrics.stack.viewers import living_viewers

HOUSEKEEPING_INTERVAL_SECONDS = 1.0


@click.command()
@click.option("--port", default=9090, show_default=True, help="Port to bind; 0 for any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind.")
@click.option("--scrape-interval-seconds", default=5.0, show_default=True)
@click.option("--retention-days", default=15.0, show_default=True)
@click.option(
    "--linger-seconds",
    default=60.0,
    show_default=True,
    help="How long to go on when no Operator runs and nobody looks.",
)
def main(
    port: int,
    host: str,
    scrape_interval_seconds: float,
    retention_days: float,
    linger_seconds: float,
) -> None:
    """Scrape the Operators that announce themselves, keep their samples, answer PromQL."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    log_to_stderr()
    store = _start(port, host, scrape_interval_seconds, retention_days)
    address = "http://{}:{}".format(*store.address)
    try:
        write_state(stack_store.state_path(), address, scrape_interval_seconds)
        click.echo(f"serving {address} for {places.home()}", err=True)
        _keep_house(stopping, linger_seconds)
    finally:
        store.close()
        remove_own_state(stack_store.state_path())


def _start(port: int, host: str, scrape_interval_seconds: float, retention_days: float) -> Store:
    data_folder = places.data_folder("builtin")
    try:
        data_folder.mkdir(parents=True, exist_ok=True)
        places.targets_folder().mkdir(parents=True, exist_ok=True)
        return Store(
            data_directory=data_folder,
            targets_directory=places.targets_folder(),
            host=host,
            port=port,
            scrape_interval_seconds=scrape_interval_seconds,
            retention_seconds=retention_days * 24 * 60 * 60,
        )
    except StoreError as error:
        _fail(str(error), f"see what holds or fills `{data_folder}`")
    except OSError as error:
        if is_port_in_use(error):
            taken = port_in_use_error(host, port, "the store can not use it")
            _fail(str(taken.strerror), "stop that process, or set PROMETHEUS_PORT to another port")
        _fail(
            str(error),
            f"make `{places.home()}` writable, or set MEPHISTO_METRICS_HOME to another folder",
        )


def _fail(message: str, hint: str) -> NoReturn:
    """End with a reason that whoever started the store can pass on."""
    click.echo(f"{message}\nhint: {hint}", err=True)
    sys.exit(1)


def _keep_house(stopping: threading.Event, linger_seconds: float) -> None:
    """Return when told to stop, or when nobody has needed the store for `linger_seconds`."""
    needed_until = time.monotonic() + linger_seconds
    while not stopping.wait(HOUSEKEEPING_INTERVAL_SECONDS):
        if targets.live_targets() or living_viewers():
            needed_until = time.monotonic() + linger_seconds
        elif time.monotonic() > needed_until:
            click.echo("no Operator runs and nobody looks: ending", err=True)
            return


if __name__ == "__main__":
    main()
