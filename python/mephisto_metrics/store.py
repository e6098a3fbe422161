"""The built-in store's process: `python -m mephisto_metrics.store`.

The work is done in Rust, on threads of its own. What is left for Python is the housekeeping: to say
that the store runs, to sweep the target files of processes that are gone, and to end when nobody
needs it any more.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mephisto_metrics import places
from mephisto_metrics._core import Store, StoreError, log_to_stderr
from mephisto_metrics.ports import address_text, is_port_in_use, port_in_use_error
from mephisto_metrics.stack import store as stack_store
from mephisto_metrics.stack import targets
from mephisto_metrics.stack.errors import StackError, explaining_home_faults
from mephisto_metrics.stack.remote import URL_VARIABLE, RemoteWrite, remote_write
from mephisto_metrics.stack.rules import rule_files
from mephisto_metrics.stack.sizes import bytes_of
from mephisto_metrics.stack.state import remove_own_state, write_state
from mephisto_metrics.stack.viewers import living_viewers

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSEKEEPING_INTERVAL_SECONDS = 1.0


class Retention(NamedTuple):
    """How much is kept: by age, and by what it takes on the disk."""

    seconds: float
    size_bytes: int | None


def _size(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    found = None if text is None else bytes_of(text)
    if text is not None and not found:
        raise click.BadParameter(f"{text!r} is no size, such as 512MB or 20GB")
    return found


@click.command()
@click.option("--port", default=9090, show_default=True, help="Port to bind; 0 for any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind.")
@click.option("--scrape-interval-seconds", default=5.0, show_default=True)
@click.option("--retention-days", default=15.0, show_default=True)
@click.option(
    "--retention-size",
    callback=_size,
    envvar="MEPHISTO_METRICS_RETENTION_SIZE",
    help="What samples may take on the disk, such as 20GB; the oldest go.",
)
@click.option(
    "--remote-write",
    "remote_write_url",
    envvar=URL_VARIABLE,
    help="Address of another store that is sent all samples too; credentials by "
    "MEPHISTO_METRICS_REMOTE_TOKEN_FILE and other variables.",
)
@click.option(
    "--remote-write-queue",
    callback=_size,
    envvar="MEPHISTO_METRICS_REMOTE_QUEUE_SIZE",
    help="What may wait on the disk while that store is away.  [default: 512MB]",
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
    port: int,
    host: str,
    scrape_interval_seconds: float,
    retention_days: float,
    retention_size: int | None,
    remote_write_url: str | None,
    remote_write_queue: int | None,
    rules: tuple[str, ...],
    linger_seconds: float,
) -> None:
    """Scrape the Operators that announce themselves, keep their samples, answer PromQL."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    log_to_stderr()
    try:
        files = [Path(path) for path in rules] or rule_files()
        remote = remote_write(remote_write_url, remote_write_queue) if remote_write_url else None
        retention = Retention(retention_days * 24 * 60 * 60, retention_size)
        with _running(port, host, scrape_interval_seconds, retention, remote, files) as address:
            _say(f"serving {address} for {places.home()}")
            _keep_house(stopping, linger_seconds)
    except StackError as error:
        # Whoever started the store passes this on.
        _say(f"{error}\nhint: {error.hint}")
        sys.exit(1)


@contextlib.contextmanager
def _running(
    port: int,
    host: str,
    scrape_interval_seconds: float,
    retention: Retention,
    remote: RemoteWrite | None,
    rules: list[Path],
) -> Iterator[str]:
    """Run the store for as long as the block runs; gives its address."""
    store = _start(port, host, scrape_interval_seconds, retention, remote, rules)
    address = f"http://{address_text(*store.address)}"
    try:
        with contextlib.ExitStack() as announced:
            with explaining_home_faults():
                announced.enter_context(targets.announced_store(store.address))
                write_state(stack_store.state_path(), address, scrape_interval_seconds)
            yield address
    finally:
        store.close()
        remove_own_state(stack_store.state_path())


def _start(
    port: int,
    host: str,
    scrape_interval_seconds: float,
    retention: Retention,
    remote: RemoteWrite | None,
    rules: list[Path],
) -> Store:
    with explaining_home_faults():
        places.targets_folder().mkdir(parents=True, exist_ok=True)
    try:
        return Store(
            data_directory=places.data_folder("builtin"),
            targets_directory=places.targets_folder(),
            rule_files=rules,
            host=host,
            port=port,
            scrape_interval_seconds=scrape_interval_seconds,
            retention_seconds=retention.seconds,
            retention_bytes=retention.size_bytes,
            remote_write=remote,
        )
    except ValueError as error:
        raise StackError(str(error), "see `python -m mephisto_metrics.store --help`") from error
    except StoreError as error:
        hint = "that folder is in MEPHISTO_METRICS_HOME, which you may set to another"
        raise StackError(str(error), hint) from error
    except OSError as error:
        if is_port_in_use(error):
            taken = port_in_use_error(host, port, "the store can not use it")
            hint = "stop that process, or set PROMETHEUS_PORT to another port"
            raise StackError(str(taken.strerror), hint) from error
        reason = f"can not listen on {host}:{port}: {error}"
        raise StackError(reason, "choose another `--host` or `--port`") from error


def _say(text: str) -> None:
    """Write to the log, which may be on a full disk: that must not end the store."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def _is_needed() -> bool:
    try:
        return bool(targets.live_files() or living_viewers())
    except OSError:
        return True  # what can not be told must not end the store


def _keep_house(stopping: threading.Event, linger_seconds: float) -> None:
    """Return when told to stop, or when nobody has needed the store for `linger_seconds`."""
    needed_until = time.monotonic() + linger_seconds
    while not stopping.wait(HOUSEKEEPING_INTERVAL_SECONDS):
        if _is_needed():
            needed_until = time.monotonic() + linger_seconds
        elif time.monotonic() > needed_until:
            _say("no Operator runs and nobody looks: ending")
            return


if __name__ == "__main__":
    main()
