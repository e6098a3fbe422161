"""Measure on each of the given interpreters, print the tables and, with `--write`, keep them."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benches.report import growth_table, operations_table
from benches.results import Growth, row_from

DOCUMENT = Path("docs/performance.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

VERSIONS = """
import importlib.metadata as metadata, json, platform
libraries = ["prometheus-client", "mephisto-metrics-rs"]
print(json.dumps([platform.python_version(), *map(metadata.version, libraries)]))
"""


def measure(python: str, quick: bool) -> str:
    """Return the chapter of one interpreter."""
    version, theirs, ours = _json_from(python, "-c", VERSIONS)
    rows = [
        row_from(row)
        for script in ("operations", "memory", "pause")
        for row in _run_script(python, version, script, quick)
    ]
    growths = [Growth(**growth) for growth in _run_script(python, version, "million", quick)]
    return (
        f"### Python {version}: prometheus_client {theirs}, mephisto-metrics-rs {ours}\n\n"
        f"{operations_table(rows)}\n\n{growth_table(growths)}\n"
    )


def circumstances(quick: bool) -> str:
    """Return the sentence that says when and where was measured."""
    today = datetime.datetime.now(tz=datetime.timezone.utc).date()
    compiler = _rustc_version()
    sentence = f"Measured on {today} on {_processor()}, {os.cpu_count()} cores; {compiler}.\n"
    return sentence + quick * "A quick run: the numbers mean nothing.\n"


def write_into(document: Path, measured: str, markers: tuple[str, str] = (BEGIN, END)) -> None:
    """Replace what stands between the markers."""
    first, last = markers
    before, begin, rest = document.read_text().partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        sys.exit(f"{document}: expected the lines {first} and {last}; put the table between them")
    document.write_text(f"{before}{first}\n{measured}{last}{after}")


def main() -> None:
    """Measure on one interpreter after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="+", help="interpreters that have both libraries")
    parser.add_argument("--quick", action="store_true", help="show that it runs; measure nothing")
    parser.add_argument("--write", action="store_true", help="put the tables into the document")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="by default %(default)s")
    arguments = parser.parse_args()
    chapters = [measure(python, arguments.quick) for python in arguments.pythons]
    measured = "\n".join([circumstances(arguments.quick), *chapters])
    print(measured)
    if arguments.write:
        write_into(arguments.document, measured)


def _run_script(python: str, version: str, script: str, quick: bool) -> Any:
    print(f"Python {version}: {script} ...", file=sys.stderr)
    return _json_from(python, "-m", f"benches.{script}", *["--quick"] * quick)


def _json_from(*command: str) -> Any:
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _rustc_version() -> str:
    rustc = shutil.which("rustc")
    if rustc is None:
        return "rustc unknown"
    run = subprocess.run([rustc, "--version"], check=True, capture_output=True, text=True)
    return " ".join(run.stdout.split()[:2])


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
