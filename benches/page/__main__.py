"""Measure the page over a day's data in Chromium, print the tables and, with --write, keep them."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benches.page import browser, queries, report, servers
from benches.prometheus import real_prometheus
from benches.table import DOCUMENT, circumstances, write_into

MARKERS = ("<!-- page measured: begin -->", "<!-- page measured: end -->")
DAY_MS = 24 * 60 * 60 * 1000
BOARD = Path("dashboards/mephisto.json")


def over_store(
    name: str, store_url: str, chromium: Any, options: argparse.Namespace, day: dict[str, Any]
) -> report.Measured:
    """Navigate several times, then ask the store alone what the page had asked."""
    with servers.page_over(store_url, options.board, day["scrape_interval_seconds"]) as page_url:
        address = f"{page_url}/{_last_day(day)}"
        height = browser.height_of(chromium, address)
        loads = [_load(chromium, address, height) for _ in range(options.loads)]
        usual = [_load(chromium, address, browser.HEIGHT_PIXELS) for _ in range(options.loads)]
    _complain(name, loads[-1])
    times = queries.measure(store_url, loads[-1].queries, options.loads)
    return report.Measured(name, loads, usual, times)


def refreshing(store_url: str, chromium: Any, options: argparse.Namespace, day: Any) -> str:
    """Refresh the whole board as often as in an hour at one refresh every 5 s."""
    with servers.page_over(store_url, options.board, day["scrape_interval_seconds"]) as page_url:
        address = f"{page_url}/{_last_day(day)}"
        height = browser.height_of(chromium, address)
        with browser.fresh_page(chromium, height) as page:
            browser.load(page, address)
            every = max(1, options.refreshes // 6)
            return report.refresh_table(
                browser.refresh_many(chromium, page, options.refreshes, every)
            )


def _load(chromium: Any, address: str, height: int) -> browser.Load:
    with browser.fresh_page(chromium, height) as page:
        return browser.load(page, address)


def _last_day(day: dict[str, Any]) -> str:
    return f"?from={day['end_ms'] - DAY_MS}&to={day['end_ms']}&refresh="


def _complain(name: str, load: browser.Load) -> None:
    if set(load.states) - {"ready", "empty"}:
        print(f"over the {name} panels are in the states {load.states}", file=sys.stderr)


def _load_average(before: float) -> str:
    """Say how much else the machine had to do: quiet it is below the number of its cores."""
    return f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after"


def _program_version(program: str) -> str:
    run = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return (run.stdout or run.stderr).splitlines()[0].partition(" (")[0]


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benches.page", description=__doc__)
    parser.add_argument("day", type=Path, help="the folder that `benches.page.day` filled")
    parser.add_argument("--board", type=Path, default=BOARD, help="by default %(default)s")
    parser.add_argument("--loads", type=int, default=5, help="how often to navigate")
    parser.add_argument("--refreshes", type=int, default=720, help="how often to refresh")
    parser.add_argument("--write", action="store_true", help="put the tables into the document")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="by default %(default)s")
    options = parser.parse_args()
    measured = measure(options)
    print(measured)
    if options.write:
        write_into(options.document, measured, MARKERS)


def measure(options: argparse.Namespace) -> str:
    """Return all tables."""
    folder = options.day.resolve()
    day = json.loads((folder / "day.json").read_text())
    interval_seconds = day["scrape_interval_seconds"]
    versions = [_program_version("chromium")]
    load_before = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        chromium = stack.enter_context(browser.chromium())
        store = stack.enter_context(servers.builtin_store(folder / "home", interval_seconds))
        columns = [over_store("built-in store", store, chromium, options, day)]
        size = report.page_size(columns[0].loads[-1])
        refreshes = refreshing(store, chromium, options, day) if options.refreshes else ""
        blocks = folder / "prometheus"
        if shutil.which("prometheus") and blocks.is_dir() and any(blocks.iterdir()):
            versions.append(_program_version("prometheus").replace(", version", ""))
            settings = ("global: {}\n", "--storage.tsdb.retention.time=100y")
            peer = stack.enter_context(
                real_prometheus("prometheus", folder, *settings, data=blocks)
            )
            columns.append(over_store("Prometheus", peer, chromium, options, day))
    return "\n".join(
        [
            circumstances(quick=False).rstrip("\n").rstrip(".")
            + f"; {', '.join(versions)}; {_load_average(load_before)}.\n",
            _contents(columns[0], options.board),
            report.times_table(columns) + "\n",
            refreshes + "\n",
            size,
        ]
    )


def _contents(measured: report.Measured, board: Path) -> str:
    load = measured.loads[-1]
    states = ", ".join(f"{count} {state}" for state, count in sorted(load.states.items()))
    return (
        f"`{board.name}` with all rows unfolded: {sum(load.states.values())} panels ({states}), "
        f"{len(load.queries)} queries.\n"
    )


if __name__ == "__main__":
    main()
