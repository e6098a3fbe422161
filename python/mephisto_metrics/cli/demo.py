"""`mephisto metrics demo`."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mephisto_metrics.cli.ending import ending_in_order
from mephisto_metrics.cli.showing import showing, wait_for_end
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.ports import is_free
from mephisto_metrics.mephisto.serving import PORT_VARIABLE
from mephisto_metrics.stack import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_RUN_SECONDS = 24 * 60 * 60
KEPT_VARIABLES = (settings.SCRAPE_INTERVAL_VARIABLE, PORT_VARIABLE)


@click.command("demo")
@click.option(
    "--exit-after", type=click.FloatRange(min=0), metavar="SECONDS", help="End by itself."
)
@click.option("--port", type=click.IntRange(0, settings.HIGHEST_PORT), help="Port for the page.")
@click.option("--seed", default=0, show_default=True, help="Which simulated workers come.")
def command(exit_after: float | None, port: int | None, seed: int) -> None:
    """Run simulated workers and show their metrics on the page, until Ctrl-C.

    Where Mephisto can be imported its real Operator runs, over a mock of the crowd's website; else
    a simulation that is part of this package. All data is in a scratch folder that goes at the end.
    """
    with ending_in_order(), contextlib.suppress(KeyboardInterrupt), _scratch_folder() as scratch:
        _demonstrate(Path(scratch), port, seed, exit_after)


def _scratch_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="mephisto-metrics-demo-")


def _demonstrate(scratch: Path, port: int | None, seed: int, exit_after: float | None) -> None:
    _use_scratch_home(scratch)
    if port is None:
        port = _free_or_any(settings.viewer_port())
    with showing("127.0.0.1", port) as served:
        click.echo(served.start_url)
        ended = threading.Event()
        with _simulated_operator(seed, scratch, ended):
            wait_for_end(served, ended, exit_after)


def _use_scratch_home(scratch: Path) -> None:
    """Keep the demo's Operators and samples away from the user's real ones.

    What is set for these is forgotten: other machines' Operators, stores elsewhere, who may look.
    """
    for name in tuple(os.environ):
        if name.startswith("MEPHISTO_METRICS_") and name not in KEPT_VARIABLES:
            del os.environ[name]
    os.environ["MEPHISTO_METRICS_HOME"] = str(scratch)
    os.environ[settings.STORE_PORT_VARIABLE] = str(_free_or_any(settings.store_port()))
    # What is built in is shown, whatever is set for the real ones.
    os.environ[settings.STORE_VARIABLE] = os.environ[settings.VIEWER_VARIABLE] = "builtin"


def _free_or_any(port: int) -> int:
    """Return `port` if nobody listens there, else 0.

    To stop another server, a demo is no reason: only a port that was asked for has to be that one.
    """
    return port if is_free("127.0.0.1", port) else 0


@contextlib.contextmanager
def _simulated_operator(seed: int, scratch: Path, ended: threading.Event) -> Iterator[None]:
    """Run the simulation in a process of its own; `ended` is set if it ends before the block."""
    module, description = _choose_simulation()
    click.echo(f"running {description}", err=True)
    arguments = ["--seed", str(seed), "--duration-seconds", str(LONGEST_RUN_SECONDS)]
    # A demo that is killed can not end it.
    arguments.append("--until-input-ends")
    log_path = scratch / "operator.log"
    with log_path.open("wb") as log:
        operator = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            # What it makes goes with the scratch folder, even if it has to be killed.
            env={**os.environ, "TMPDIR": str(scratch)},
            # Ctrl-C reaches the demo alone, which then ends the Operator.
            start_new_session=True,
        )
        threading.Thread(target=_set_at_end, args=(operator, ended), daemon=True).start()
        try:
            yield
            if operator.poll() is not None:
                raise StackError(
                    f"the simulation ended by itself with status {operator.returncode}: "
                    f"{_last_line(log_path)}",
                    "this is a fault of mephisto-metrics; please report it",
                )
        finally:
            # In order, it would take back hundreds of units one by one, and for nobody: all that
            # it knows of them is in the scratch folder.
            operator.kill()
            operator.communicate()


def _set_at_end(operator: subprocess.Popen[bytes], ended: threading.Event) -> None:
    operator.wait()
    ended.set()


def _choose_simulation() -> tuple[str, str]:
    if importlib.util.find_spec("mephisto") is not None and sys.version_info < (3, 11):
        module = "mephisto_metrics.simulation.mephisto_run"
        return module, "a real Mephisto Operator with simulated workers"
    module = "mephisto_metrics.simulation.packaged"
    return module, "the packaged simulation (Mephisto can not be imported here)"


def _last_line(log_path: Path) -> str:
    lines = log_path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it gave no reason"
