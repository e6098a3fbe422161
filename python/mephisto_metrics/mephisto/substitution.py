"""Puts our metrics in the place of prometheus_client, inside Mephisto and nowhere else.

A finder in front of `sys.meta_path` sees each module of Mephisto come. Those that mention
prometheus_client get an `__import__` of their own; a user's prometheus_client stays the real one.
`mephisto.utils.metrics` is answered with `utils_metrics`, launches and expiries of task runs are
watched, and packets are measured by `stages`, which tells skewed clocks from quick packets.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.util
import logging
import sys
import threading
from importlib.machinery import ModuleSpec, SourceFileLoader, SourcelessFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger("mephisto_metrics")

ORIGINAL = "prometheus_client"
OURS_FOR_MEPHISTO = "mephisto_metrics.mephisto.prometheus_client"
DROP_IN = "mephisto_metrics.prometheus_client"
REPLACED_MODULE = "mephisto.utils.metrics"
OPERATOR_MODULE = "mephisto.operations.operator"
LAUNCHER_MODULE = "mephisto.operations.task_launcher"
PACKET_MODULE = "mephisto.operations.client_io_handler"
STAND_IN = Path(__file__).with_name("utils_metrics.py")

_lock = threading.Lock()


class TooLateError(RuntimeError):
    """Mephisto has built its metrics already, with the real prometheus_client."""


def install() -> None:
    """Let every module of Mephisto that is imported from now on use our metrics.

    From now on a relative MEPHISTO_METRICS_HOME is absolute, in whatever folder the script goes on.
    A second call changes nothing. Raises `TooLateError` when Mephisto is already imported with the
    real prometheus_client, and `ImportError` when our native part cannot be loaded.
    """
    with _lock:
        if any(isinstance(finder, MephistoFinder) for finder in sys.meta_path):
            return
        _refuse_if_late()
        # Loaded now, so that a fault in it is known before Mephisto depends on it.
        importlib.import_module(OURS_FOR_MEPHISTO)
        _settle_home()
        sys.meta_path.insert(0, MephistoFinder())


def _settle_home() -> None:
    # Slow to import, and of no use where there is no Mephisto.
    from mephisto_metrics.machine.places import settle_home

    settle_home()


class MephistoFinder(importlib.abc.MetaPathFinder):
    """Answers for modules of Mephisto with what other finders find, prepared for our metrics."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module of Mephisto, None for any other."""
        if not _is_mephisto(fullname):
            return None
        if fullname == REPLACED_MODULE:
            return importlib.util.spec_from_file_location(fullname, STAND_IN)
        spec = self._ask_the_others(fullname, path, target)
        if spec is not None and isinstance(spec.loader, (SourceFileLoader, SourcelessFileLoader)):
            _prepare(spec.loader)
        return spec

    def _ask_the_others(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(fullname, path, target)
                if spec is not None:
                    return spec
        return None


def _prepare(loader: SourceFileLoader | SourcelessFileLoader) -> None:
    """Wrap the execution on this instance, so that the loader stays of its class for who asks."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        _guarded(_give_private_import, loader, module)
        execute(module)
        if module.__name__ == OPERATOR_MODULE:
            _guarded(_watch_launches, module)
        if module.__name__ == LAUNCHER_MODULE:
            _guarded(_watch_expiries, module)
        if module.__name__ == PACKET_MODULE:
            _guarded(_measure_packets, module)

    loader.exec_module = exec_module  # type: ignore[method-assign]


def _give_private_import(
    loader: SourceFileLoader | SourcelessFileLoader, module: ModuleType
) -> None:
    # Only where it is needed: the builtins are a copy, which does not see later patches of them.
    if ORIGINAL.encode() in loader.get_data(loader.path):
        private = {**vars(builtins), "__import__": _import_for_mephisto}
        module.__dict__["__builtins__"] = private


def _import_for_mephisto(
    name: str,
    globals: Any = None,  # noqa: A002 - as the builtin has it
    locals: Any = None,  # noqa: A002
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    """Import as `__import__` does, with our drop-in wherever prometheus_client is asked for."""
    top, _, submodule = name.partition(".")
    if level or top != ORIGINAL:
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    if submodule:
        module = _import_submodule(submodule)
        if fromlist:
            return module
    return importlib.import_module(OURS_FOR_MEPHISTO)


def _import_submodule(submodule: str) -> ModuleType:
    try:
        return importlib.import_module(f"{DROP_IN}.{submodule}")
    except ModuleNotFoundError:
        # What the drop-in does not have stays the real thing, which the bridge shows.
        return importlib.import_module(f"{ORIGINAL}.{submodule}")


def _watch_launches(operator_module: ModuleType) -> None:
    """Learn the name of each task that is launched, and when."""
    operator_class = operator_module.Operator
    launch = operator_class.launch_task_run_or_die

    def launch_task_run_or_die(self: Any, run_config: Any, *arguments: Any, **options: Any) -> Any:
        run_id = launch(self, run_config, *arguments, **options)
        _guarded(_note_launch, run_config, run_id)
        return run_id

    operator_class.launch_task_run_or_die = _in_place_of(launch, launch_task_run_or_die)


def _watch_expiries(launcher_module: ModuleType) -> None:
    """Learn when Mephisto takes back the units of a task run."""
    launcher_class = launcher_module.TaskLauncher
    expire = launcher_class.expire_units

    def expire_units(self: Any, *arguments: Any, **options: Any) -> Any:
        _guarded(_note_expiry, self)
        return expire(self, *arguments, **options)

    launcher_class.expire_units = _in_place_of(expire, expire_units)


def _measure_packets(handler_module: ModuleType) -> None:
    """Observe a packet's stages by `stages`: Mephisto shows a skewed one as a latency of zero."""
    from mephisto_metrics.mephisto.packets import PacketLatencies, read

    handler_class = handler_module.ClientIOHandler
    original = handler_class.log_metrics_for_packet
    latencies = PacketLatencies()

    def log_metrics_for_packet(self: Any, packet: Any) -> None:  # noqa: ARG001 - as it is called
        latencies.observe_way(read(packet))

    handler_class.log_metrics_for_packet = _in_place_of(original, log_metrics_for_packet)


def _in_place_of(original: Any, ours: Any) -> Any:
    ours.__doc__ = original.__doc__
    ours.__wrapped__ = original
    return ours


def _note_launch(run_config: Any, run_id: Any) -> None:
    from mephisto_metrics.mephisto import moments, serving

    # Mephisto's own rule for a task without a name.
    name = str(run_config.task.get("task_name", None) or run_config.blueprint._blueprint_type)
    moments.run_launched(name, str(run_id))
    serving.add_task(name)


def _note_expiry(launcher: Any) -> None:
    from mephisto_metrics.mephisto import moments

    run = launcher.task_run
    moments.run_expires(run.get_task().task_name, str(run.db_id))


def _guarded(action: Callable[..., None], *arguments: Any) -> None:
    """Do what may fail with a Mephisto that we do not know: then its run is what matters."""
    try:
        action(*arguments)
    except Exception as error:  # noqa: BLE001 - metrics never break a run
        from mephisto_metrics.mephisto.serving import warn_once

        warn_once(f"some metrics will be missing: {action.__name__.strip('_')} failed: {error!r}")


def _is_mephisto(fullname: str) -> bool:
    return fullname == "mephisto" or fullname.startswith("mephisto.")


def _refuse_if_late() -> None:
    late = sorted(
        name
        for name, module in list(sys.modules.items())
        if _is_mephisto(name) and _has_real_metrics(module)
    )
    if late:
        raise TooLateError(
            f"mephisto is already imported ({late[0]} has metrics of {ORIGINAL}): call "
            "mephisto_metrics.install() before the first `import mephisto`"
        )


def _has_real_metrics(module: ModuleType) -> bool:
    return any(
        type(value).__module__.partition(".")[0] == ORIGINAL for value in vars(module).values()
    )
