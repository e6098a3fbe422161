"""Installations of the product with a home of their own, and a browser."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.e2e.two_stores import played, stores  # noqa: F401 - fixtures
from tests.stand_ins.archives import grafana_archive

from mephisto_metrics.stack.readiness import wait_until

SCRIPTS = Path(sys.executable).parent
READY_TIMEOUT_SECONDS = 60
# From the start of Mephisto to the first unit submitted, on a machine that does much else.
RUN_TIMEOUT_SECONDS = 240
STOP_TIMEOUT_SECONDS = 30
EXPECT_TIMEOUT_SECONDS = 30
GRAFANA_VERSION = "99.1.0"

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # A browser's own traffic has no place in a test of what the page asks for.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Installation:
    """A home of its own, the commands that use it, and the end of all that they started.

    Each command begins with `prefix`, as for another network namespace.
    """

    def __init__(self, home: Path, prefix: tuple[str, ...] = ()) -> None:
        self.home = home
        self._prefix = prefix
        self.environment = {
            **os.environ,
            "MEPHISTO_METRICS_HOME": str(home),
            "MEPHISTO_METRICS_PORT": "0",
            "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS": os.environ.get(
                "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS", "1"
            ),
            "PROMETHEUS_PORT": "0",
            "GRAFANA_PORT": "0",
            "PYTHONWARNINGS": "ignore",
            "COLUMNS": "200",
        }
        self._processes: list[subprocess.Popen[str]] = []

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `mephisto-metrics` to its end."""
        return subprocess.run(
            [*self._prefix, str(SCRIPTS / "mephisto-metrics"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=READY_TIMEOUT_SECONDS,
        )

    def start(self, *command: str, is_read: bool = True) -> subprocess.Popen[str]:
        """Start a command that goes on until it is stopped; its stderr is in `log_of`.

        So is its stdout, unless it `is_read`: nobody may write to a pipe that nobody empties.
        """
        with self._log_path(len(self._processes)).open("w") as log:
            process = subprocess.Popen(
                [*self._prefix, *command],
                env=self.environment,
                stdout=subprocess.PIPE if is_read else log,
                stderr=log,
                text=True,
            )
        self._processes.append(process)
        return process

    def start_verb(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `mephisto-metrics` with a verb that goes on."""
        return self.start(str(SCRIPTS / "mephisto-metrics"), *arguments)

    def start_operator(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a simulated run: a real Operator where Mephisto is, else the packaged one."""
        has_mephisto = importlib.util.find_spec("mephisto") is not None
        module = "mephisto_run" if has_mephisto else "packaged"
        program = [sys.executable, "-m", f"mephisto_metrics.simulation.{module}"]
        pace = os.environ.get("SIMULATION_PACE", "steady")
        # Longer than all tests together, as some of them share a run.
        options = ["--pace", pace, "--duration-seconds", "3600", *arguments]
        return self.start(*program, *options, is_read=False)

    def log_of(self, process: subprocess.Popen[str]) -> str:
        """Return what a started process wrote so far, for people to read."""
        return self._log_path(self._processes.index(process)).read_text()

    def address_of(self, process: subprocess.Popen[str]) -> str:
        """Return the address that a started verb prints when it serves."""
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), self.log_of(process)
        return address

    def status(self) -> dict[str, Any]:
        """Return what runs."""
        status: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return status

    def store_url(self) -> str:
        """Return the store's address, waiting until there is one."""

        def state() -> dict[str, Any] | None:
            path = self.home / "state" / "store.json"
            return json.loads(path.read_text()) if path.exists() else None

        assert wait_until(lambda: state() is not None, READY_TIMEOUT_SECONDS), "no store"
        return str((state() or {})["url"])

    def use_prometheus(self, executable: str) -> None:
        """Let a Prometheus of the system be the store."""
        installed = self.run("install", "--only", "prometheus", "--prometheus", executable)
        assert installed.returncode == 0, installed.stderr

    def use_grafana(self, folder: Path) -> None:
        """Install the stand-in for Grafana as a user without a network installs a release."""
        archive = grafana_archive(folder, version=GRAFANA_VERSION)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        archive.with_name(f"{archive.name}.sha256").write_text(digest)
        source = ("--only", "grafana", "--version", GRAFANA_VERSION, "--from", str(folder))
        installed = self.run("install", *source)
        assert installed.returncode == 0, installed.stderr

    def server_pid(self, name: str) -> int:
        """Return the PID of the Prometheus or the Grafana that runs."""
        state = json.loads((self.home / "state" / f"{name}.json").read_text())
        return int(state["pid"])

    def found_by_doctor(self) -> dict[str, str]:
        """Return what the doctor finds, by id."""
        findings = json.loads(self.run("doctor", "--json").stdout)["findings"]
        return {finding["id"]: finding["found"] for finding in findings}

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the store's answer to an instant query, now."""
        return query(self.store_url(), expression)

    def wait_for(self, expression: str, timeout_seconds: float = READY_TIMEOUT_SECONDS) -> None:
        """Wait until an instant query has a result."""

        def has_result() -> bool:
            return bool(self.query(expression))

        assert wait_until(has_result, timeout_seconds), f"no result for {expression}"

    def close(self) -> None:
        """End every process, ours and those they left running."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.run("cleanup")

    def _log_path(self, number: int) -> Path:
        # Beside the home, which a test may make unusable.
        return self.home.with_name(f"{self.home.name}-started-{number}.log")


def query(url: str, expression: str) -> list[dict[str, Any]]:
    """Return the result of an instant query to any Prometheus API."""
    encoded = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{url}/api/v1/query?{encoded}", timeout=30) as answer:
        result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return result


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation for one test."""
    installation = Installation(tmp_path / "home")
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def shared_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for all tests of a module."""
    installation = Installation(tmp_path_factory.mktemp("shared") / "home")
    yield installation
    installation.close()


@pytest.fixture(scope="session")
def live_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A run in progress with store and page, shared by the tests that only look."""
    installation = Installation(tmp_path_factory.mktemp("live") / "home")
    try:
        installation.start_operator("--seed", "3")
        submitted = 'count(e2e_packet_latency_count{packet_type="submit_unit"} > 0)'
        installation.wait_for(submitted, RUN_TIMEOUT_SECONDS)
        installation.wait_for("sum(rate(client_io_handler_latency_seconds_count[15s]))")
        yield installation
    finally:
        installation.close()


@pytest.fixture(scope="session")
def page_url(live_installation: Installation) -> str:
    """The address of the page over the run in progress."""
    return live_installation.address_of(live_installation.start_verb("view"))


@pytest.fixture(scope="module")
def browser(needs_program: Callable[[str, str], str]) -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright.

    Not for the session: while Playwright is open, its event loop runs in this thread, and tests of
    other files could run none of their own.
    """
    path = needs_program("chromium", "chromium")
    from playwright.sync_api import expect, sync_playwright

    # Of a machine that does much else at once; who waits for what comes sooner loses nothing.
    expect.set_options(timeout=EXPECT_TIMEOUT_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(browser: Any) -> Iterator[Any]:
    """A fresh page in a context of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def problems(browser_page: Any) -> Iterator[list[str]]:
    """Console errors, uncaught exceptions and policy violations; a test fails if any are left."""
    found: list[str] = []
    browser_page.on("pageerror", lambda error: found.append(f"uncaught: {error}"))
    browser_page.on(
        "console",
        lambda message: found.append(message.text) if message.type == "error" else None,
    )
    yield found
    assert found == []
