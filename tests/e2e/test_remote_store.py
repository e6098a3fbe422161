"""A store elsewhere behind each viewer: below a path, with a password, without `/-/ready`.

What it takes by remote write is tested with it too, as it is there.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import re
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.built_in_store import begin_sending_store, remote_write_metric
from tests.e2e.conftest import Installation, query
from tests.files import files_below, text_of
from tests.ports import free_port
from tests.stand_ins.archives import grafana_release
from tests.stand_ins.running import frames, install

from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.remote import remote_write

TIMEOUT_SECONDS = 60
USER, PASSWORD = "viewers", "a secret, of the engine"


class VictoriaMetrics:
    """Debian's, below a path and with a password."""

    def __init__(self, program: str, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/below"
        command = [
            program,
            f"-storageDataPath={folder / 'data'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-http.pathPrefix=/below",
            f"-httpAuth.username={USER}",
            f"-httpAuth.password={PASSWORD}",
            "-search.latencyOffset=0s",
            "-search.disableCache",
        ]
        with (folder / "engine.log").open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        assert wait_until(self._takes_samples, TIMEOUT_SECONDS), (folder / "engine.log").read_text()

    def _takes_samples(self) -> bool:
        now = round(time.time() * 1000)
        lines = [
            f'up{{job="mephisto",instance="gpu7:3031"}} 1 {now - age}'
            for age in (60_000, 30_000, 0)
        ]
        request = urllib.request.Request(
            f"{self.url}/api/v1/import/prometheus", data="\n".join(lines).encode()
        )
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        flush = urllib.request.Request(f"{self.url}/internal/force_flush")
        try:
            for one in (request, flush):
                one.add_header("Authorization", f"Basic {credentials}")
                urllib.request.urlopen(one, timeout=5).close()
        except OSError:
            return False
        return True

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(TIMEOUT_SECONDS)


@pytest.fixture(scope="module")
def engine(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VictoriaMetrics]:
    program = needs_program("victoria-metrics", "victoria-metrics")
    engine = VictoriaMetrics(program, tmp_path_factory.mktemp("engine"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def viewer(
    engine: VictoriaMetrics, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("viewer")
    installation = Installation(folder / "home")
    (folder / "password").write_text(f"{PASSWORD}\n")
    installation.environment.update(
        MEPHISTO_METRICS_STORE=engine.url,
        MEPHISTO_METRICS_REMOTE_USER=USER,
        MEPHISTO_METRICS_REMOTE_PASSWORD_FILE=str(folder / "password"),
    )
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def view(viewer: Installation) -> Any:
    return viewer.start_verb("view", "--viewer", "builtin")


@pytest.fixture(scope="module")
def page(viewer: Installation, view: Any) -> str:
    return viewer.address_of(view)


def test_the_page_shows_what_the_engine_has(page: str) -> None:
    assert wait_until(lambda: bool(query(page, "up")), TIMEOUT_SECONDS)
    (series,) = query(page, 'up{job="mephisto"}')
    assert series["metric"]["instance"] == "gpu7:3031"


def test_its_panels_are_drawn_over_it(page: str, browser_page: Any) -> None:
    from playwright.sync_api import expect

    uncaught, refused = [], set()
    browser_page.on("pageerror", lambda error: uncaught.append(str(error)))
    browser_page.on(
        "response",
        lambda answer: (
            refused.add(urllib.parse.urlsplit(answer.url).path) if answer.status >= 400 else None
        ),
    )
    browser_page.goto(page)
    panels = browser_page.locator('section.panel:is([data-state="ready"], [data-state="empty"])')
    expect(panels.first).to_be_visible()
    expect(browser_page.locator('section.panel[data-state="error"]')).to_have_count(0)
    assert uncaught == []
    # It does not say since when it runs, which the page can do without.
    assert refused <= {"/api/v1/status/runtimeinfo"}


def test_no_local_store_is_started_and_the_engine_is_well(
    viewer: Installation, view: Any, page: str
) -> None:
    assert page
    assert viewer.status()["store"]["kind"] == "remote"
    said = "store: the remote store at .*/below answers"
    assert wait_until(lambda: bool(re.search(said, viewer.log_of(view))), TIMEOUT_SECONDS)
    assert not (viewer.home / "data").exists()


def test_a_report_is_written_of_it(viewer: Installation, page: str, tmp_path: Path) -> None:
    assert page
    path = tmp_path / "report.html"
    written = viewer.run("report", "--output", str(path))
    assert written.returncode == 0, written.stderr
    assert "gpu7:3031" in path.read_text()
    assert PASSWORD not in path.read_text()


def test_without_the_password_nothing_is_shown_and_the_reason_told(
    viewer: Installation, engine: VictoriaMetrics
) -> None:
    environment = dict(viewer.environment)
    try:
        for name in ("USER", "PASSWORD_FILE"):
            del viewer.environment[f"MEPHISTO_METRICS_REMOTE_{name}"]
        result = viewer.run("view", "--port", "0", "--viewer", "builtin")
    finally:
        viewer.environment = environment
    assert result.returncode == 1
    assert f"the store at {engine.url} does not answer queries: HTTP status 401" in result.stderr


def test_the_password_is_in_no_log_and_no_state(viewer: Installation, page: str) -> None:
    assert page
    kept = [path for path in files_below(viewer.home.parent) if path.name != "password"]
    assert kept
    assert not [path for path in kept if PASSWORD in text_of(path)]
    listed = urllib.parse.urlsplit(page)
    assert listed.username is None


def test_grafana_shows_it_too(
    viewer: Installation, page: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert page
    install(viewer.home, grafana_release(tmp_path_factory.mktemp("grafana")))
    grafana = viewer.start_verb("view", "--viewer", "grafana", "--port", "0")
    url = viewer.address_of(grafana).partition("/d/")[0]
    assert wait_until(lambda: bool(frames(url, 'up{job="mephisto"}')), TIMEOUT_SECONDS)
    grafana.terminate()
    assert grafana.wait(TIMEOUT_SECONDS) == 0, viewer.log_of(grafana)
    logs = [path.read_text() for path in (viewer.home / "logs").glob("*.log")]
    assert logs
    assert not [text for text in logs if PASSWORD in text]


@contextlib.contextmanager
def sending_store(folder: Path, url: str) -> Iterator[Callable[[str], float]]:
    """Run a store that sends to an address, and give what reads a metric of that."""
    with contextlib.closing(begin_sending_store(folder, remote_write(url))) as store:
        yield functools.partial(remote_write_metric, store)


def test_nothing_is_lost_at_a_path_that_it_does_not_know(
    engine: VictoriaMetrics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path_of_cluster = "insert/0/prometheus/api/v1/write"
    monkeypatch.setenv("MEPHISTO_METRICS_REMOTE_USER", USER)
    monkeypatch.setenv("MEPHISTO_METRICS_REMOTE_PASSWORD", PASSWORD)
    with sending_store(tmp_path, f"{engine.url}/{path_of_cluster}") as metric:
        assert wait_until(lambda: metric("retries_total") > 2, TIMEOUT_SECONDS)
        assert metric("samples_failed_total") == 0
        waiting = metric("pending_rows")
        assert waiting > 0
    with sending_store(tmp_path, f"{engine.url}/api/v1/write") as metric:
        assert wait_until(lambda: metric("samples_sent_total") >= waiting, TIMEOUT_SECONDS)
        assert metric("samples_failed_total") == 0
