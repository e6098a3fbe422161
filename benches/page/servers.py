"""What is measured: the built-in store over a day's data, and the page in front of a store."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mephisto_metrics
from mephisto_metrics._core import PageServer
from mephisto_metrics.stack.readiness import wait_until

READY_TIMEOUT_SECONDS = 120.0
STOP_TIMEOUT_SECONDS = 60.0
WEB_FOLDER = Path(mephisto_metrics.__file__).parent / "web"


@contextlib.contextmanager
def builtin_store(home: Path, scrape_interval_seconds: float) -> Iterator[str]:
    """Run the built-in store over `home/data/builtin`; gives its address."""
    command = [sys.executable, "-m", "mephisto_metrics.store", "--port", "0"]
    options = ["--scrape-interval-seconds", str(scrape_interval_seconds)]
    # Nobody is there to be scraped or to look: it goes on until it is ended.
    options += ["--linger-seconds", "1e9", "--retention", "3650d"]
    state = home / "state" / "store.json"
    state.unlink(missing_ok=True)
    environment = {**os.environ, "MEPHISTO_METRICS_HOME": str(home)}
    with _running([*command, *options], environment):
        if not wait_until(state.exists, READY_TIMEOUT_SECONDS):
            sys.exit(f"the store over {home} did not start; its log is above")
        yield json.loads(state.read_text())["url"]


@contextlib.contextmanager
def page_over(store_url: str, board: Path, scrape_interval_seconds: float) -> Iterator[str]:
    """Serve the page over a store, with one board whose rows are all unfolded."""
    with tempfile.TemporaryDirectory(prefix="mephisto-metrics-boards-") as folder:
        (Path(folder) / board.name).write_text(json.dumps(unfolded(json.loads(board.read_text()))))
        server = PageServer(
            assets_directory=WEB_FOLDER,
            dashboards_directory=folder,
            store_url=store_url,
            scrape_interval_seconds=scrape_interval_seconds,
            host="127.0.0.1",
            port=0,
        )
        try:
            yield "http://{}:{}".format(*server.address)
        finally:
            server.close()


def unfolded(board: dict[str, Any]) -> dict[str, Any]:
    """Return the board with every row open; the panels of a folded one are inside it."""
    panels: list[dict[str, Any]] = []
    for panel in board["panels"]:
        inside = panel.get("panels", [])
        panels.append({**panel, "collapsed": False, "panels": []} if inside else panel)
        panels.extend(inside)
    return {**board, "panels": panels}


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_SECONDS)
