"""Lay a recorded run out over a day, for the built-in store and for a Prometheus.

`python -m benches.page.day RECORDED FOLDER` makes `FOLDER/home`, a home of the built-in store,
`FOLDER/prometheus` with the same samples, and `FOLDER/day.json`, which says what is in them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

STRETCH = ["cargo", "run", "--quiet", "--release", "--example", "stretch", "--"]
BLOCKS = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet"]
DATABASE = "samples.sqlite"


def lay_out(recorded: Path, folder: Path, interval_seconds: float, with_prometheus: bool) -> None:
    """Fill `folder`; the last scrape is at the present time."""
    source, target = folder / "copy", folder / "home" / "data" / "builtin"
    text, blocks = folder / "openmetrics", folder / "prometheus"
    for made in (source, target, text, blocks):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
    _copy_database(recorded / "data" / "builtin" / DATABASE, source / DATABASE)
    interval_ms, end_ms = round(1000 * interval_seconds), round(1000 * time.time())
    stretch = [*STRETCH, str(source), str(target), str(interval_ms), str(end_ms)]
    subprocess.run([*stretch, str(text)] if with_prometheus else stretch, check=True)
    for file in sorted(text.iterdir()):
        subprocess.run([*BLOCKS, str(file), str(blocks)], check=True)
    shutil.rmtree(text)
    shutil.rmtree(source)
    contents = {"end_ms": end_ms, "scrape_interval_seconds": interval_seconds}
    (folder / "day.json").write_text(json.dumps(contents))


def _copy_database(source: Path, target: Path) -> None:
    """Copy what a store may still be writing to."""
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as recorded:
        copy = sqlite3.connect(target)
        recorded.backup(copy)
        copy.close()


def main() -> None:
    """Lay out from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recorded", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--interval-seconds", type=float, default=5.0)
    parser.add_argument("--without-prometheus", action="store_true")
    options = parser.parse_args()
    folder = options.folder.resolve()
    lay_out(
        options.recorded.resolve(),
        folder,
        options.interval_seconds,
        not options.without_prometheus,
    )


if __name__ == "__main__":
    main()
