"""What a store's process keeps running: the built-in store in it, or a Prometheus under it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.ports import address_text, is_port_in_use, port_in_use_error
from mephisto_metrics.stack import keeper, programs, prometheus, targets
from mephisto_metrics.stack import store as stack_store
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.rules import rule_files
from mephisto_metrics.stack.state import remove_own_state, write_state
from mephisto_metrics.stack.supervision import Supervised

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from mephisto_metrics._core import Store
    from mephisto_metrics.stack.engine_options import EngineOptions

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Engine:
    """A store that runs."""

    url: str
    check: Callable[[], None]
    """To be called every second or so; raises `StackError` if the store can not go on."""


@contextlib.contextmanager
def running(
    kind: str,
    options: EngineOptions,
    say: Callable[[str], None],
    stopping: threading.Event | None = None,
) -> Iterator[Engine]:
    """Run a store of `kind` for as long as the block runs, and say in its state file that it does.

    Raises `StackError` if it can not be started, or if this home has one already, and
    `KeyboardInterrupt` if `stopping` is set while a Prometheus starts.
    """
    with keeper.being_it():
        # A store that was killed left these: nothing of it must be scraped, or hold the port.
        prometheus.sweep()
        targets.withdraw_store()
        engine = _prometheus(options, say, stopping) if kind == "prometheus" else _builtin(options)
        with engine as running_engine, _saying_so(kind, running_engine, options):
            yield running_engine


@contextlib.contextmanager
def _saying_so(kind: str, engine: Engine, options: EngineOptions) -> Iterator[None]:
    """Say in the state file that the store serves; no more so as soon as it begins to end.

    The file stays if it ends by a fault, so that the next one can be started as this was.
    """
    path, interval_seconds = stack_store.state_path(), options.scrape_interval_seconds
    with explaining_home_faults():
        write_state(path, kind, engine.url, interval_seconds, options.started_with)
    yield
    remove_own_state(path)


@contextlib.contextmanager
def _builtin(options: EngineOptions) -> Iterator[Engine]:
    store = _start_builtin(options)
    try:
        with contextlib.ExitStack() as announced:
            with explaining_home_faults():
                announced.enter_context(targets.announced_store(store.address))
            yield Engine(f"http://{address_text(*store.address)}", check=lambda: None)
    finally:
        store.close()


def _start_builtin(options: EngineOptions) -> Store:
    from mephisto_metrics._core import Store, StoreError

    with explaining_home_faults():
        places.targets_folder().mkdir(parents=True, exist_ok=True)
    try:
        return Store(
            data_directory=places.data_folder("builtin"),
            targets_directory=places.targets_folder(),
            rule_files=options.rules or rule_files(),
            host=HOST,
            port=options.port,
            scrape_interval_seconds=options.scrape_interval_seconds,
            retention_seconds=options.retention.seconds,
            retention_bytes=options.retention.size_bytes,
            remote_write=options.remote_write,
            elsewhere=options.elsewhere,
        )
    except ValueError as error:
        raise StackError(str(error), "see `mephisto metrics view --help`") from error
    except StoreError as error:
        hint = "that folder is in MEPHISTO_METRICS_HOME, which you may set to another"
        raise StackError(str(error), hint) from error
    except OSError as error:
        if is_port_in_use(error):
            taken = port_in_use_error(HOST, options.port, "the store can not use it")
            hint = "stop that process, or set PROMETHEUS_PORT to another port"
            raise StackError(str(taken.strerror), hint) from error
        reason = f"can not listen on {HOST}:{options.port}: {error}"
        raise StackError(reason, "set PROMETHEUS_PORT to another port") from error


@contextlib.contextmanager
def _prometheus(
    options: EngineOptions, say: Callable[[str], None], stopping: threading.Event | None
) -> Iterator[Engine]:
    program = programs.installed("prometheus")
    if program is None:
        raise StackError(
            "Prometheus is wanted as the store, and none is installed",
            "run `mephisto metrics install --only prometheus`, with `--prometheus PATH` if there "
            "is one already, or use the built-in store: `--store builtin`",
        )
    with contextlib.ExitStack() as ending:
        ending.callback(prometheus.remove_secrets)
        prepared = prometheus.prepare(program, options)
        supervised = Supervised(prepared, say)
        supervised.start(stopping)
        ending.callback(supervised.stop)
        yield Engine(prepared.url, supervised.check)
