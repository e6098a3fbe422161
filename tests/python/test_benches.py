"""`make bench` in its quick form: every row is there and the document takes the table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benches.results import Row, Target
from benches.table import write_into

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "performance.md"

ROWS = [
    "empty Python function",
    "empty C method",
    "empty PyO3 method",
    "empty Python method",
    "await of an empty coroutine",
    "`inc()`",
    "`inc(1.5)`",
    "`Gauge.set(2.5)`",
    "`Gauge.inc()`",
    "`observe(0.3)`, 15 buckets",
    "`labels('a')`",
    "`labels(method='x')`",
    "`labels(v)`, v a new string of 100",
    "`labels('a').inc()`",
    "`labels(method='x').inc()`",
    "`with h.time()`",
    "`@timed` function, call included",
    "`@timed` method, call included",
    "`await` of a timed coroutine",
    "`generate_latest`, 10 label sets",
    "`generate_latest`, 10 label sets, all changed",
    "`generate_latest`, 20 label sets",
    "`generate_latest`, 20 label sets, all changed",
    "memory of a labelled counter's child",
    "longest pause of a Python thread by a scrape of 20 series",
    "median pause of a Python thread by a scrape of 20 series",
]
ROWS_WITHOUT_TARGET = {
    "empty Python function",
    "empty C method",
    "empty PyO3 method",
    "empty Python method",
    "await of an empty coroutine",
    "`labels(v)`, v a new string of 100",
    "`labels('a').inc()`",
    "median pause of a Python thread by a scrape of 20 series",
}
GROWTHS = ["prometheus_client, 100", "ours, 100", "ours, 1,000"]

# The real one is built by `make bench` alone.
FLOOR = """
class Floor:
    def nothing(self):
        pass
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Measure quickly on this interpreter; return what was printed and the document."""
    folder = tmp_path_factory.mktemp("bench")
    (folder / "mephisto_metrics_floor.py").write_text(FLOOR)
    document = folder / "performance.md"
    document.write_text(DOCUMENT.read_text())
    options = ["--quick", "--write", "--document", str(document)]
    run = subprocess.run(
        [sys.executable, "-m", "benches.table", *options, sys.executable],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, document.read_text()


def cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_row_is_measured_in_both_libraries(bench):
    printed, _ = bench
    rows = {name: others for name, *others in cells(printed)}
    assert [name for name in ROWS if name not in rows] == []
    operations = ROWS[5:]
    assert [name for name in operations if not all(rows[name][:2])] == []


def test_every_row_with_a_target_has_a_verdict(bench):
    printed, _ = bench
    verdicts = {row[0]: row[-1] for row in cells(printed) if row[0] in ROWS}
    without = {name for name, verdict in verdicts.items() if verdict not in {"met", "missed"}}
    assert without == ROWS_WITHOUT_TARGET


def test_growth_is_shown_for_each_number_of_series(bench):
    printed, _ = bench
    sizes = [", ".join(row[:2]) for row in cells(printed)]
    assert [size for size in sizes if size in GROWTHS] == GROWTHS


def test_the_tables_go_between_the_markers_and_the_rest_stays(bench):
    printed, written = bench
    before, _, after = DOCUMENT.read_text().partition("<!-- measured: begin -->")
    _, _, after = after.partition("<!-- measured: end -->")
    assert written.startswith(before)
    assert written.endswith(after)
    assert printed.strip() in written


def test_a_document_without_markers_is_refused_and_left_alone(bench, tmp_path):
    document = tmp_path / "empty.md"
    document.write_text("nothing\n")
    with pytest.raises(SystemExit, match="expected the lines <!-- measured: begin -->"):
        write_into(document, "table")
    assert document.read_text() == "nothing\n"


@pytest.mark.parametrize(
    ("ours", "is_met"),
    [(9.9, True), (10.1, False)],
)
@pytest.mark.parametrize(
    "target", [{"times_better": 10}, {"floor_times": 2}, {"above_floor": 5}, {"at_most": 10}]
)
def test_a_target_is_met_up_to_its_limit(target, ours, is_met):
    row = Row("row", "ns", theirs=100, ours=ours, floor=5, target=Target(**target))
    assert row.is_met is is_met


def test_one_missed_target_of_a_row_makes_it_missed():
    target = Target(times_better=10, floor_times=1.2)
    assert Row("row", "ns", theirs=100, ours=5, floor=2, target=target).is_met is False
    assert Row("row", "ns", theirs=100, ours=5, floor=2).is_met is None
