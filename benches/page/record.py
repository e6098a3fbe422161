"""Record the scrapes of a real Mephisto run: the store is asked to scrape it very often.

`python -m benches.page.record FOLDER --seconds 1800 --interval-seconds 0.1` leaves the store's
samples in `FOLDER/data/builtin`, from which `stretch.rs` lays out a day.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path


def record(folder: Path, seconds: float, interval_seconds: float) -> None:
    """Run an Operator for some seconds; the store that it starts writes into `folder`."""
    environment = {
        **os.environ,
        "MEPHISTO_METRICS_HOME": str(folder),
        "MEPHISTO_METRICS_PORT": "0",
        "PROMETHEUS_PORT": "0",
        "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS": str(interval_seconds),
    }
    run = [sys.executable, "-m", "mephisto_metrics.simulation.mephisto_run"]
    options = ["--pace", "lively", "--duration-seconds", str(seconds)]
    subprocess.run([*run, *options], env=environment, check=True)
    end_the_store = [str(Path(sys.executable).with_name("mephisto-metrics")), "cleanup"]
    subprocess.run(end_the_store, env=environment, check=True)


def main() -> None:
    """Record from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--interval-seconds", type=float, default=0.1)
    options = parser.parse_args()
    record(options.folder.resolve(), options.seconds, options.interval_seconds)


if __name__ == "__main__":
    main()
