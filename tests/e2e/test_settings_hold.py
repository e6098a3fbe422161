"""What a user gives to a view reaches what it starts, and holds whoever starts it again."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest
from tests.answering import answers_at_once
from tests.files import files_with
from tests.ports import free_port

from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60
TOKEN = "a secret of two"
RECORDS = "from mephisto_metrics.stack import store; store.ensure_recording()"
"""What an Operator does every ten seconds."""


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what remote write sends, and remembers as whom."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(self.headers["Authorization"])  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Given(NamedTuple):
    """What there is to give to a view."""

    targets: Path
    token_file: Path
    receiver: Any


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    targets, token_file = tmp_path / "there, where it is", tmp_path / "token"
    targets.mkdir()
    (targets / "targets.json").write_text('[{"targets": ["127.0.0.1:9"]}]')
    token_file.write_text(TOKEN)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.seen = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.url = f"http://127.0.0.1:{server.server_port}/api/v1/write"  # type: ignore[attr-defined]
        yield Given(targets, token_file, server)
        server.shutdown()


def kept_by(installation: Any) -> dict[str, Any]:
    """Return what the store's process says of itself."""
    state: dict[str, Any] = json.loads((installation.home / "state" / "store.json").read_text())
    return state


def data(installation: Any, path: str) -> Any:
    url = f"{installation.store_url()}/api/v1/{path}"
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)["data"]


def assert_as_given(installation: Any, kind: str, given: Given) -> None:
    """The store works as it was told: by its own answers, and by what others get from it."""
    assert kept_by(installation)["kind"] == kind
    if kind == "builtin":
        assert_is_built_in_as_given(installation, given)
    else:
        assert_is_prometheus_as_given(installation, given)


def assert_is_built_in_as_given(installation: Any, given: Given) -> None:
    sent = len(given.receiver.seen)
    targets: list[Any] = []

    def finds_the_target() -> bool:
        targets[:] = data(installation, "targets?state=active")["activeTargets"]
        return "127.0.0.1:9" in {one["labels"]["instance"] for one in targets}

    assert wait_until(finds_the_target, TIMEOUT_SECONDS)
    assert {one["scrapeInterval"] for one in targets} == {"2s"}
    assert wait_until(lambda: len(given.receiver.seen) > sent, TIMEOUT_SECONDS)
    assert set(given.receiver.seen) == {f"Bearer {TOKEN}"}


def assert_is_prometheus_as_given(installation: Any, given: Given) -> None:
    """It is slow to find and to send, so what it was told is looked at."""
    flags = data(installation, "status/flags")
    assert flags["storage.tsdb.retention.time"] == "2d"
    assert flags["storage.tsdb.retention.size"] == "1GiB"
    path = Path(flags["config.file"])
    configuration = json.loads(path.read_text())
    path.unlink()  # the next one writes its own
    assert configuration["global"]["scrape_interval"] == "2000ms"
    (elsewhere,) = [one for one in configuration["scrape_configs"] if "elsewhere" in str(one)]
    files = {"files": [f"{given.targets}/*.json"], "refresh_interval": "30s"}
    assert elsewhere["file_sd_configs"] == [files]
    (remote,) = configuration["remote_write"]
    assert remote["url"] == given.receiver.url
    assert remote["authorization"] == {"credentials_file": str(given.token_file)}


@pytest.mark.parametrize("kind", ["builtin", "prometheus"])
def test_options_of_a_detached_view_hold_after_all_was_killed_and_an_operator_goes_on(
    installation: Any,
    given: Given,
    needs_program: Callable[[str, str], str],
    kind: str,
) -> None:
    if kind == "prometheus":
        installation.use_prometheus(needs_program("prometheus", "prometheus"))
    port = str(free_port())
    plain = dict(installation.environment)
    del plain["MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS"]
    installation.environment["MEPHISTO_METRICS_REMOTE_TOKEN_FILE"] = str(given.token_file)

    started = installation.run(
        *("view", "--detach", "--port", port, "--store", kind, "--retention", "2d,1GB"),
        *("--scrape-interval", "2", "--targets", str(given.targets)),
        *("--remote-write", given.receiver.url),
    )

    assert started.returncode == 0, started.stderr
    assert urlsplit(started.stdout.strip()).port == int(port)
    assert_as_given(installation, kind, given)

    store, (viewer,) = kept_by(installation), installation.status()["viewers"]
    for part in (viewer, store):
        os.kill(part["pid"], signal.SIGKILL)
    killed = ProcessIdentity(store["pid"], store["start_time_seconds"])
    assert wait_until(lambda: killed.find() is None, TIMEOUT_SECONDS)
    installation.environment = plain
    operator = subprocess.run(
        [sys.executable, "-c", RECORDS], env=plain, capture_output=True, text=True, check=True
    )

    assert "ended without being told to" in operator.stderr
    assert "MEPHISTO_METRICS_RETENTION" in operator.stderr
    assert_as_given(installation, kind, given)
    assert files_with(TOKEN, installation.home) == []

    installation.run("cleanup")
    assert not (installation.home / "state" / "store.json").exists()


@pytest.mark.parametrize("options", [(), ("--detach",)])
def test_cleanup_in_the_middle_of_a_start_ends_it_and_leaves_nothing(
    installation: Any, tmp_path: Path, options: tuple[str, ...]
) -> None:
    never_ready = tmp_path / "prometheus"
    never_ready.write_text('#!/bin/sh\n[ "$1" = --help ] || exec sleep 600\n')
    never_ready.chmod(0o755)
    record = installation.home / "bin" / "prometheus.json"
    record.parent.mkdir(parents=True)
    program = {"name": "prometheus", "version": "3.1.0", "executable": str(never_ready)}
    record.write_text(json.dumps({**program, "folder": str(tmp_path), "is_ours": False}))
    view = installation.start_verb("view", *options)
    state = installation.home / "state" / "prometheus.json"
    assert wait_until(state.exists, TIMEOUT_SECONDS), installation.log_of(view)
    server = json.loads(state.read_text())["pid"]

    cleaned = installation.run("cleanup")

    assert cleaned.returncode == 0, cleaned.stderr
    assert "stopped the page" in cleaned.stderr
    view.wait(TIMEOUT_SECONDS)
    log = installation.log_of(view)
    assert "Traceback" not in log
    assert view.returncode == (1 if options else 0)
    assert ("error: the view did not start" in log) is bool(options)
    assert wait_until(lambda: not psutil.pid_exists(server), TIMEOUT_SECONDS)
    assert list((installation.home / "state").glob("**/*.json")) == []


def test_settings_that_come_too_late_are_named_with_what_holds(installation: Any) -> None:
    installation.address_of(installation.start_verb("view", "--retention", "2d"))
    options = ("--retention", "48h", "--store", "builtin", "--scrape-interval", "7")
    second = installation.start_verb("view", *options)
    address = installation.address_of(second)
    assert answers_at_once(address)
    (said,) = [line for line in installation.log_of(second).splitlines() if "it goes on" in line]
    assert "scrapes every 1 s, not every 7 s" in said
    assert "until `mephisto metrics cleanup` ends it" in said
