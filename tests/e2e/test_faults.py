"""What goes wrong around us: one clear message with the way out, and nothing else stops."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from tests.answering import answers_at_once
from tests.disks import fill, make_read_only

from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 30
PAGE_BYTES = 4096
NOT_RECORDED = "the metrics of this Operator are not recorded"


@pytest.fixture
def target() -> Iterator[str]:
    """The address of a server that answers as a target should, and shortly: the disks are small."""
    from mephisto_metrics import CollectorRegistry, Gauge, start_http_server, stop_http_server

    registry = CollectorRegistry()
    Gauge("depth", "Depth", registry=registry)
    address = start_http_server(0, registry=registry)
    yield f"{address.host}:{address.port}"
    stop_http_server(address)


@contextlib.contextmanager
def stranger() -> Iterator[int]:
    """Another program's server: a port that this process holds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def announce(installation: Any, name: str, address: str) -> None:
    folder = installation.home / "targets"
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{name}"
    beside.write_text(json.dumps([{"targets": [address], "labels": {"target": name}}]))
    beside.replace(folder / f"{name}.json")


def start_store(installation: Any) -> None:
    """Start a store through a view, and wait for both."""
    installation.address_of(installation.start_verb("view"))


def store_log(installation: Any) -> str:
    text: str = (installation.home / "logs" / "store.log").read_text()
    return text


def scrape_count(installation: Any, name: str) -> int:
    found = installation.query(f'count_over_time(up{{target="{name}"}}[5m])')
    return int(found[0]["value"][1]) if found else 0


def scrapes_refused(installation: Any) -> int:
    """How many scrapes the store could not keep, by its own count."""
    with urllib.request.urlopen(f"{installation.store_url()}/metrics", timeout=10) as answer:
        own_metrics = answer.read().decode()
    found = re.search(r"^mephisto_store_scrapes_refused_total (\d+)", own_metrics, re.MULTILINE)
    assert found is not None
    return int(found[1])


def assert_view_fails(installation: Any, *named: str) -> None:
    """A view ends with status 1 and one message, which has all that is `named`."""
    result = installation.run("view")
    assert result.returncode == 1, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(re.findall(r"^error: ", result.stderr, re.MULTILINE)) == 1, result.stderr
    assert len(re.findall(r"^hint: ", result.stderr, re.MULTILINE)) == 1, result.stderr
    for text in named:
        assert text in result.stderr, result.stderr


def assert_operator_warns_once_and_works(installation: Any, *named: str) -> None:
    installation.environment["COLUMNS"] = "2000"  # Mephisto's log wraps
    operator = installation.start_operator("--kind", "gold")

    def has_warned() -> bool:
        return NOT_RECORDED in installation.log_of(operator)

    assert wait_until(has_warned, 2 * TIMEOUT_SECONDS), installation.log_of(operator)
    assert operator.poll() is None
    operator.terminate()
    assert operator.wait(2 * TIMEOUT_SECONDS) == 0, installation.log_of(operator)
    log = installation.log_of(operator)
    assert log.count(NOT_RECORDED) == 1, log
    (warning,) = [line for line in log.splitlines() if NOT_RECORDED in line]
    for text in named:
        assert text in warning


def test_a_full_disk_is_said_once_and_scraping_goes_on_when_there_is_space_again(
    small_disk: Path, installation: Any, target: str
) -> None:
    (installation.home / "data").mkdir(parents=True)
    (installation.home / "data" / "builtin").symlink_to(small_disk)
    announce(installation, "a", target)
    start_store(installation)
    installation.wait_for('up{target="a"} == 1')

    ballast = fill(small_disk)
    assert wait_until(lambda: "scrapes are not kept" in store_log(installation), TIMEOUT_SECONDS)
    kept = scrape_count(installation, "a")
    assert kept > 0

    ballast.unlink()
    installation.wait_for(f'count_over_time(up{{target="a"}}[5m]) > {kept}')
    log = store_log(installation)
    assert log.count("scrapes are not kept") == 1, log
    assert log.count("scrapes are kept again") == 1
    assert f"no space left for the data directory {installation.home}" in log
    assert "free some space" in log


def test_a_full_disk_under_the_whole_home_ends_neither_store_nor_scraping(
    small_disk: Path, installation: Any, target: str
) -> None:
    installation.home.symlink_to(small_disk)
    announce(installation, "a", target)
    start_store(installation)
    installation.wait_for('up{target="a"} == 1')

    with (installation.home / "logs" / "store.log").open("ab") as log:
        log.write(b"." * (-log.tell() % PAGE_BYTES))  # what a file has of its last page is its own
    ballast = fill(small_disk)
    # It answers and scrapes, and has nowhere left to say that it can not keep.
    assert wait_until(lambda: scrapes_refused(installation) >= 2, TIMEOUT_SECONDS)
    before = scrape_count(installation, "a")
    ballast.unlink()
    installation.wait_for(f'count_over_time(up{{target="a"}}[5m]) > {before}')


def test_a_full_disk_ends_neither_prometheus_nor_grafana_and_is_told(
    small_disk: Path,
    installation: Any,
    needs_program: Callable[[str, str], str],
    tmp_path: Path,
) -> None:
    installation.home.symlink_to(small_disk)
    installation.use_prometheus(needs_program("prometheus", "prometheus"))
    installation.use_grafana(tmp_path / "archive")
    start_store(installation)
    installation.wait_for('count_over_time(up{job="prometheus"}[5m]) >= 2')
    running = {name: installation.server_pid(name) for name in ("prometheus", "grafana")}

    ballast = fill(small_disk)
    assert wait_until(lambda: "store.not-kept" in installation.found_by_doctor(), TIMEOUT_SECONDS)
    assert {"home.full", "viewer.well"} <= installation.found_by_doctor().keys()
    (kept,) = installation.query('count_over_time(up{job="prometheus"}[5m])')

    ballast.unlink()
    installation.wait_for(f'count_over_time(up{{job="prometheus"}}[5m]) > {kept["value"][1]}')
    assert "store.was-not-kept" in installation.found_by_doctor()
    assert {name: installation.server_pid(name) for name in running} == running


def test_a_home_on_a_full_disk_is_named_by_view_and_operator(
    small_disk: Path, installation: Any
) -> None:
    installation.home.symlink_to(small_disk)
    fill(small_disk)

    named = (str(installation.home), "No space left on device", "free some space")
    assert_view_fails(installation, *named)
    assert_operator_warns_once_and_works(installation, *named)


def test_a_home_that_can_not_be_made_is_named_by_view_and_operator(
    installation: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    installation.home = tmp_path / "file" / "home"
    installation.environment["MEPHISTO_METRICS_HOME"] = str(installation.home)
    named = (str(installation.home), "set MEPHISTO_METRICS_HOME to another folder")

    assert_view_fails(installation, *named)
    assert installation.run("status").returncode == 0
    assert "Traceback" not in installation.run("cleanup").stderr
    installation.home = tmp_path / "operator"  # where its log goes
    assert_operator_warns_once_and_works(installation, *named)


def test_a_read_only_home_is_named(small_disk: Path, installation: Any) -> None:
    make_read_only(small_disk)
    installation.home.symlink_to(small_disk)

    assert_view_fails(installation, str(installation.home), "Read-only file system")


def test_a_data_directory_that_is_none_is_named(installation: Any) -> None:
    data = installation.home / "data"
    data.mkdir(parents=True)
    (data / "builtin").write_text("")

    assert_view_fails(
        installation,
        f"the data directory {data / 'builtin'} cannot be used",
        "make it a directory that you may read and write",
    )


def test_a_read_only_data_directory_is_named(small_disk: Path, installation: Any) -> None:
    make_read_only(small_disk)
    data = installation.home / "data"
    data.mkdir(parents=True)
    (data / "builtin").symlink_to(small_disk)

    assert_view_fails(
        installation,
        f"the data directory {data / 'builtin'} cannot be used: Read-only file system",
        "make it a directory that you may read and write",
    )


def test_a_damaged_database_is_named_by_view_and_operator(installation: Any) -> None:
    data = installation.home / "data" / "builtin"
    data.mkdir(parents=True)
    (data / "samples.sqlite").write_bytes(b"no database at all" * 1000)

    named = (str(data), "file is not a database", "move it away to start with an empty one")
    assert_view_fails(installation, *named)
    assert_operator_warns_once_and_works(installation, *named)


def test_a_stranger_on_the_stores_port_is_named_by_view_and_operator(installation: Any) -> None:
    with stranger() as port:
        installation.environment["PROMETHEUS_PORT"] = str(port)
        holder = f"{psutil.Process().name()} (PID {os.getpid()})"
        named = (f"port {port} on 127.0.0.1 is already in use by {holder}", "PROMETHEUS_PORT")

        assert_view_fails(installation, *named)
        assert_operator_warns_once_and_works(installation, *named)


def test_a_stranger_on_the_pages_port_is_named_and_the_store_ends_with_the_view(
    installation: Any,
) -> None:
    with stranger() as port:
        installation.environment["GRAFANA_PORT"] = str(port)
        holder = f"{psutil.Process().name()} (PID {os.getpid()})"

        assert_view_fails(
            installation,
            f"port {port} on 127.0.0.1 is already in use by {holder}",
            "GRAFANA_PORT",
        )
    assert installation.status()["store"] is None


def test_a_malformed_target_file_is_named_once_and_the_others_are_scraped(
    installation: Any, target: str
) -> None:
    folder = installation.home / "targets"
    folder.mkdir(parents=True)
    own_start_ms = round(ProcessIdentity.current().start_time_seconds * 1000)
    bad = [folder / "broken.json", folder / f"{os.getpid()}-{own_start_ms}.json"]
    for path in bad:
        path.write_text('[{"targets": ["127.0.0.1')
    announce(installation, "good", target)
    start_store(installation)
    installation.wait_for('count_over_time(up{target="good"}[5m]) >= 3')

    log = store_log(installation)
    for path in bad:
        (warning,) = [line for line in log.splitlines() if str(path) in line]
        assert "WARN" in warning
        assert "expected [" in warning
    assert installation.run("status").returncode == 0


def was_scraped_each_second(installation: Any, name: str) -> bool:
    """Whether the last four scrapes of a target were good, and none between them was left out.

    Only the last: a machine that stalls delays some, a store that is held up delays all.
    """
    (series,) = installation.query(f'up{{target="{name}"}}[5m]')
    last = series["values"][-4:]
    gaps = [later - earlier for (earlier, _), (later, _) in zip(last, last[1:])]
    return [value for _, value in last] == ["1"] * 4 and max(gaps) < 1.9


def test_a_target_that_hangs_is_down_and_the_others_are_scraped_on_time(
    installation: Any, target: str
) -> None:
    with stranger() as port:  # accepts, for the system does, and never answers
        hanging = f"127.0.0.1:{port}"
        announce(installation, "hanging", hanging)
        announce(installation, "good", target)
        start_store(installation)
        installation.wait_for('up{target="hanging"} == 0')
        installation.wait_for('up{target="good"} == 1')
        is_on_time = wait_until(
            lambda: was_scraped_each_second(installation, "good"), TIMEOUT_SECONDS
        )

        assert is_on_time, installation.query('up{target="good"}[5m]')
        (up,) = installation.query('max_over_time(up{target="hanging"}[5m])')
        assert up["value"][1] == "0"
    log = [line for line in store_log(installation).splitlines() if hanging in line]
    assert "\n".join(log).count("cannot be scraped: no answer within 1s") == 1, log


@pytest.mark.parametrize(
    "content", [b"", b'{"pid": 1, "start', b"[]", b"null", b'{"pid": "x"}', b"\xff\xfe"]
)
def test_a_damaged_state_file_is_as_good_as_none(installation: Any, content: bytes) -> None:
    state = installation.home / "state"
    (state / "viewers").mkdir(parents=True)
    names = ("store.json", "prometheus.json", "grafana.json", "viewers/1.json")
    for path in (state / name for name in names):
        path.write_bytes(content)

    assert installation.status() == {"store": None, "viewers": [], "operators": []}
    page = installation.address_of(installation.start_verb("view"))
    assert answers_at_once(page)


def test_a_process_that_got_the_pid_of_a_part_is_not_touched(installation: Any) -> None:
    bystander = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        started = ProcessIdentity.of(psutil.Process(bystander.pid)).start_time_seconds
        process = {"pid": bystander.pid, "start_time_seconds": started - 3600}
        state = {"kind": "builtin", **process, "url": "http://127.0.0.1:9"}
        folder = installation.home / "state"
        (folder / "viewers").mkdir(parents=True)
        for name in ("store.json", "prometheus.json", "grafana.json"):
            (folder / name).write_text(json.dumps(state))
        viewer = {**state, "start_url": state["url"]}
        (folder / "viewers" / f"{bystander.pid}.json").write_text(json.dumps(viewer))

        result = installation.run("cleanup")

        assert result.returncode == 0, result.stderr
        assert "stopped" not in result.stderr
        assert list(folder.glob("**/*.json")) == []
        assert bystander.poll() is None
    finally:
        bystander.communicate()
    assert bystander.returncode == 1, "it ended for want of input, and for no signal"
