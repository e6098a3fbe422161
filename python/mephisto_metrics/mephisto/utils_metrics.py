"""Stands in for `mephisto.utils.metrics`: the same names, without the processes behind them.

Executed under that name by `substitution`, so that `mock.patch("mephisto.utils.metrics.X")` works;
never imported under its own.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Any

from mephisto_metrics import start_http_server
from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.mephisto import serving
from mephisto_metrics.stack import programs, viewers

__all__ = [
    "GRAFANA_DIR",
    "GRAFANA_EXECUTABLE",
    "GRAFANA_HOST",
    "GRAFANA_PASSWORD",
    "GRAFANA_PORT",
    "GRAFANA_USER",
    "METRICS_DIR",
    "PROMETHEUS_DIR",
    "PROMETHEUS_EXECUTABLE",
    "InaccessiblePrometheusServer",
    "cleanup_metrics",
    "get_dash_url",
    "get_default_dashboard_url",
    "get_grafana_url",
    "launch_grafana_server",
    "launch_prometheus_server",
    "launch_servers_and_wait",
    "metrics_are_installed",
    "remove_metrics_files",
    "run_install_script",
    "shutdown_grafana_server",
    "shutdown_prometheus_server",
    "start_http_server",
    "start_metrics_server",
]


def _installed(name: str) -> tuple[str, str]:
    """Return folder and executable of a program; where they would be if it is not installed."""
    program = programs.installed(name)
    folder = places.programs_folder() / name if program is None else program.folder
    return str(folder), str(folder / name if program is None else program.executable)


def _folders() -> tuple[str, ...]:
    """Return where the home and the programs are; empty names where there can be no home."""
    try:
        return str(places.home()), *_installed("prometheus"), *_installed("grafana")
    except StackError:
        # Mephisto is being imported. Each Operator, and each verb, says it in its turn.
        return ("",) * 5


METRICS_DIR, PROMETHEUS_DIR, PROMETHEUS_EXECUTABLE, GRAFANA_DIR, GRAFANA_EXECUTABLE = _folders()
GRAFANA_HOST = os.environ.get("GRAFANA_HOST", "localhost")
GRAFANA_PORT = serving.port_from_environment("GRAFANA_PORT", 3032)
GRAFANA_USER = os.environ.get("GRAFANA_USER", "admin")
GRAFANA_PASSWORD = os.environ.get("GRAFANA_PASSWORD", "admin")


class InaccessiblePrometheusServer(Exception):  # noqa: N818 - Mephisto's name
    """Raised by Mephisto's own functions; here a store that cannot be reached is a warning."""


def start_metrics_server(args: Any = None) -> None:  # noqa: ARG001
    """Serve the metrics of this process's Operators, and announce them to the stores."""
    serving.add_operator()


def launch_prometheus_server(args: Any = None) -> bool:  # noqa: ARG001
    """See to it that a store runs soon, and return True, so that Mephisto asks again.

    It asks every ten seconds in its event loop, so nothing is waited for. After a False it would
    never ask again, nor say when the Operator ends.
    """
    serving.ensure_store()
    return True


def shutdown_prometheus_server(
    args: Any = None,  # noqa: ARG001
    expect_exists: bool = False,  # noqa: ARG001 - Mephisto's signature
) -> None:
    """Withdraw the announcement; the store stays, because other Operators and viewers use it."""
    serving.remove_operator()


def launch_grafana_server(args: Any = None) -> bool:  # noqa: ARG001
    """Return whether a view is open: what it shows belongs to the user who opened it."""
    is_shown = bool(viewers.shown())
    if not is_shown:
        serving.warn_once("the metrics are not shown: run `mephisto metrics view`")
    return is_shown


def shutdown_grafana_server(
    args: Any = None,
    expect_exists: bool = False,
) -> None:
    """Do nothing: the page belongs to whoever opened it, and ends with them."""


def get_grafana_url(args: Any = None) -> str:  # noqa: ARG001
    """Return host and port of the page, as Mephisto does: without `http://`."""
    shown = next((viewer.url for viewer in viewers.shown()), None)
    return f"{GRAFANA_HOST}:{GRAFANA_PORT}" if shown is None else shown.partition("//")[2]


def get_default_dashboard_url(args: Any = None) -> str:  # noqa: ARG001
    """Return the address of the default dashboard, as Mephisto does: without `http://`."""
    shown = next((viewer.start_url for viewer in viewers.shown()), None)
    return f"{get_grafana_url()}/" if shown is None else shown.partition("//")[2]


get_dash_url = get_default_dashboard_url
"""The name in Mephisto 1.1.1 of what later became `get_default_dashboard_url`."""


def metrics_are_installed() -> bool:
    """Return True: the store and the page are built in, whatever else is installed."""
    return True


def run_install_script() -> bool:
    """Install Prometheus and Grafana, and return whether both are there."""
    return _run_verb("install") == 0


def remove_metrics_files() -> None:
    """Remove what `run_install_script` made. The recorded samples stay."""
    _run_verb("remove", "--yes")


def launch_servers_and_wait() -> None:
    """Start a store and a viewer, say where the dashboard is, and wait for Ctrl-C."""
    _run_verb("view")


def cleanup_metrics() -> None:
    """Stop the store and what shows it."""
    _run_verb("cleanup")


def _run_verb(*arguments: str) -> int:
    """Run a verb of the command line, as a process, because nothing else may depend on that."""
    command = [sys.executable, "-m", "mephisto_metrics.cli", *arguments]
    process = subprocess.Popen(command)
    # Ctrl-C reaches the verb as well, which ends in order; `run` would kill it after a moment.
    with contextlib.suppress(KeyboardInterrupt):
        process.wait()
    return process.wait()
