"""The two libraries that are compared, by their public names only."""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
from typing import Any, Callable

import prometheus_client

import mephisto_metrics
from mephisto_metrics import prometheus_client as drop_in

THEIRS = "prometheus_client"
OURS = "ours"
LIBRARIES = (THEIRS, OURS)

MODULES: dict[str, Any] = {THEIRS: prometheus_client, OURS: drop_in}


def time_calls(library: str, histogram: Any) -> Callable[[Any], Any]:
    """Return the decorator by which the library times a function."""
    return histogram.time() if library == THEIRS else mephisto_metrics.timed(histogram)


def time_awaits(library: str, histogram: Any, coroutine: Any) -> Any:
    """Return a coroutine function like `coroutine` whose await the library times.

    The decorator of prometheus_client would time how long it takes to make the coroutine; what it
    offers for the whole await is a block inside.
    """
    if library == OURS:
        return mephisto_metrics.timed(histogram)(coroutine)

    async def block() -> None:
        with histogram.time():
            pass

    return block


def serve(library: str, registry: Any) -> int:
    """Serve a registry on a loopback port and return the port."""
    if library == OURS:
        return mephisto_metrics.start_http_server(0, registry=registry).port
    # Only newer releases tell which port they took for 0.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    MODULES[THEIRS].start_http_server(port, "127.0.0.1", registry)
    return port


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of a script that measures each library in a process of its own."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="show that it runs; measure nothing")
    parser.add_argument("--library", choices=LIBRARIES, help="measure this one, in this process")
    return parser


def in_fresh_process(module: str, *arguments: object) -> Any:
    """Run `python -m module arguments` and return what it prints as JSON."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
