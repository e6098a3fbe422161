"""A real Operator of an unmodified Mephisto, driven by simulated workers.

`python -m mephisto_metrics.simulation.mephisto_run` runs one in a home of its own, so that neither
the user's Mephisto configuration nor their data is touched. Mephisto reads `HOME` while it is
imported, hence the imports inside functions.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from mephisto_metrics.simulation.pace import KINDS, LIVELY, PACES, Pace
from mephisto_metrics.simulation.signals import stop_at_end_of_input, stop_on_signal

if TYPE_CHECKING:
    from mephisto.operations.operator import Operator

REQUESTER_NAME = "simulated_requester"
POLL_SECONDS = 1.0
GOING_HOME_SECONDS = 5.0
SHUTDOWN_STEP_SECONDS = 30.0
"""Long enough to expire all units: what Mephisto gives up on goes on beside it, without a home."""


class HomeError(RuntimeError):
    """Mephisto was imported before its home could be chosen."""


def use_home(home: Path) -> None:
    """Make `home` the place where Mephisto keeps its configuration and data.

    Raises `HomeError` when mephisto is already imported, because it has read the other home then.
    """
    if "mephisto" in sys.modules:
        raise HomeError("mephisto is already imported: run the simulation in a process of its own")
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    settings = home / ".mephisto"
    settings.mkdir(exist_ok=True)
    (settings / "config.yml").write_text(f"core: {{main_data_directory: '{data}'}}\n")
    os.environ["HOME"] = str(home)


def run(
    home: Path,
    *,
    kinds: Sequence[str] = KINDS,
    pace: Pace = LIVELY,
    duration_seconds: float = 600.0,
    seed: int = 0,
    stop: threading.Event | None = None,
    on_end: Callable[[], None] = lambda: None,
) -> None:
    """Run one Operator with a task run of each kind for `duration_seconds`, then end it in order.

    It ends earlier when `stop` is set. `on_end` is called when all is quiet and the Operator still
    serves its metrics. The same seed gives the same workers with the same decisions; how they
    interleave is up to the machine.
    """
    use_home(home)
    operator = _operator(home)
    try:
        for kind in kinds:
            _launch(operator, kind, pace, seed)
        is_over = stop.is_set if stop else lambda: False
        operator._run_loop_until(is_over, duration_seconds)
    finally:
        _finish(operator, on_end)


def _operator(home: Path) -> Operator:
    from mephisto.abstractions.databases import local_singleton_database
    from mephisto.operations import operator, task_launcher

    # How soon Mephisto notices that it shall end; its own 10 s are for runs of hours.
    operator.RUN_STATUS_POLL_TIME = POLL_SECONDS
    task_launcher.UNIT_GENERATOR_WAIT_SECONDS = POLL_SECONDS
    database = local_singleton_database.MephistoSingletonDB(str(home / "data" / "database.db"))
    database.new_requester(REQUESTER_NAME, "mock")
    return operator.Operator(database)


def _launch(operator: Operator, kind: str, pace: Pace, seed: int) -> None:
    from mephisto_metrics.simulation.tasks import configure

    config, shared_state = configure(kind, REQUESTER_NAME, pace, seed)
    operator.launch_task_run_or_die(config, shared_state)


def _finish(operator: Operator, on_end: Callable[[], None]) -> None:
    live_runs = list(operator.get_running_task_runs().values())
    for live_run in live_runs:
        live_run.architect.router.close_crowd()
    operator._run_loop_until(lambda: not any(map(_is_busy, live_runs)), GOING_HOME_SECONDS)
    on_end()
    for live_run in live_runs:
        _close_channels(live_run)
    operator.force_shutdown(timeout=SHUTDOWN_STEP_SECONDS)


def _is_busy(live_run: Any) -> bool:
    """Say whether a thread still works; Mephisto keeps entries whose thread an error has ended."""
    runner = live_run.task_runner
    tracked = (runner.running_onboardings, runner.running_units, runner.running_assignments)
    return any(work.thread.is_alive() for group in tracked for work in list(group.values()))


def _close_channels(live_run: Any) -> None:
    """Hang up before the router goes, or Mephisto would try to reconnect and log each failure."""
    for channel in live_run.client_io.channels.values():
        channel.close()


def main() -> None:
    """Run the simulation from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kind", action="append", choices=KINDS, help="default: every kind")
    parser.add_argument("--duration-seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pace", choices=PACES, default="lively")
    parser.add_argument("--until-input-ends", action="store_true", help="end when stdin does")
    options = parser.parse_args()
    stop = stop_on_signal()
    if options.until_input_ends:
        stop_at_end_of_input(stop)
    with tempfile.TemporaryDirectory(prefix="mephisto-metrics-run-") as home:
        run(
            Path(home),
            kinds=options.kind or KINDS,
            pace=PACES[options.pace],
            duration_seconds=options.duration_seconds,
            seed=options.seed,
            stop=stop,
        )


if __name__ == "__main__":
    main()
