"""A built-in store on a disk that has no byte free, and none for its files to grow by."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.built_in_store import begin_store, own_metric, url_of

from mephisto_metrics._core import Store
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60

# What a disk is filled by until it is full: a store, then something else.
RECORDING = """
import os, pathlib, sys
from mephisto_metrics import CollectorRegistry, Gauge, start_http_server
from mephisto_metrics.stack.readiness import wait_until
from tests.built_in_store import begin_store, own_metric
from tests.disks import fill

disk, series, scrapes = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
registry = CollectorRegistry()
depth = Gauge("depth", "Depth", ["queue"], registry=registry)
for number in range(series):
    depth.labels(str(number)).set(number ** 0.5)
address = start_http_server(0, registry=registry)
(disk / "targets").mkdir()
(disk / "targets" / "one.json").write_text(
    '[{"targets": ["%s:%d"]}]' % (address.host, address.port))
store = begin_store(disk, scrape_interval_seconds=0.05)
assert wait_until(lambda: own_metric(store, "scrapes_total") >= scrapes, 60)
fill(disk)
assert wait_until(lambda: own_metric(store, "scrapes_refused_total") >= 3, 60)
os._exit(0)  # as when it is killed
"""


def fill_by_a_store_that_is_killed(disk: Path, series: int, scrapes: int) -> None:
    command = [sys.executable, "-c", RECORDING, str(disk), str(series), str(scrapes)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def scrape_count(store: Store) -> int:
    """How many scrapes of the last hour the store has."""
    query = "/api/v1/query?query=max(count_over_time(depth[1h]))"
    with urllib.request.urlopen(url_of(store) + query, timeout=TIMEOUT_SECONDS) as answer:
        found = json.load(answer)["data"]["result"]
    return int(found[0]["value"][1]) if found else 0


def test_a_store_that_was_killed_on_a_full_disk_starts_there_with_all_it_had(
    small_disk: Path,
) -> None:
    fill_by_a_store_that_is_killed(small_disk, series=1, scrapes=20)

    store = begin_store(small_disk)
    assert scrape_count(store) >= 20
    store.close()


@pytest.mark.parametrize("small_disk", ["24m"], indirect=True)
def test_a_full_disk_does_not_keep_what_is_beyond_the_retention_and_recording_goes_on(
    small_disk: Path,
) -> None:
    fill_by_a_store_that_is_killed(small_disk, series=2000, scrapes=100)
    ballast_bytes = (small_disk / "ballast").stat().st_size

    store = begin_store(small_disk, retention_seconds=0.001)
    assert wait_until(lambda: own_metric(store, "scrapes_total") >= 1, TIMEOUT_SECONDS)
    assert scrape_count(store) == 0
    store.close()
    assert (small_disk / "ballast").stat().st_size == ballast_bytes
