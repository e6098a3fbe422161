"""`view` with Grafana as the viewer: with the stand-in for Grafana, installed from an archive."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from tests.stand_ins.archives import grafana_archive
from tests.stand_ins.running import ask

from mephisto_metrics.stack.grafana.api import GrafanaApi
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60
VERSION = "99.1.0"


def install_grafana(installation: Any, folder: Path) -> None:
    """Install the stand-in for Grafana as a user without a network installs a release."""
    archive = grafana_archive(folder, version=VERSION)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_name(f"{archive.name}.sha256").write_text(digest)
    source = ("--only", "grafana", "--version", VERSION, "--from", str(folder))
    installed = installation.run("install", *source)
    assert installed.returncode == 0, installed.stderr


@pytest.fixture(scope="module")
def grafana(shared_installation: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """An installation with a Grafana, shown over a run in progress, and its address."""
    install_grafana(shared_installation, tmp_path_factory.mktemp("archive"))
    shared_installation.start_operator("--kind", "gold")
    view = shared_installation.start_verb("view")
    return shared_installation, shared_installation.address_of(view)


@pytest.fixture
def installation(installation: Any, tmp_path: Path) -> Any:
    folder = tmp_path / "archive"
    folder.mkdir()
    install_grafana(installation, folder)
    return installation


def grafana_pid(installation: Any) -> int:
    pid: int = json.loads((installation.home / "state" / "grafana.json").read_text())["pid"]
    return pid


def base(address: str) -> str:
    return address.partition("/d/")[0]


def test_the_address_is_that_of_the_default_dashboard(grafana: tuple[Any, str]) -> None:
    installation, address = grafana
    assert address.endswith("/d/mephisto")
    assert ask(base(address), "/d/mephisto")[0] == 200
    (viewer,) = installation.status()["viewers"]
    assert (viewer["kind"], viewer["url"]) == ("grafana", address)


def test_its_data_source_answers_with_what_the_store_has(grafana: tuple[Any, str]) -> None:
    installation, address = grafana
    installation.wait_for('up{job="mephisto"} == 1')
    assert frames(address, 'up{job="mephisto"}')
    assert not frames(address, 'up{job="elsewhere"}')


def test_the_secret_is_in_no_log_and_on_no_command_line(grafana: tuple[Any, str]) -> None:
    installation, _ = grafana
    secret = (installation.home / "config/grafana/secrets/secret-key").read_text()
    process = psutil.Process(grafana_pid(installation))
    assert secret not in " ".join(process.cmdline())
    assert secret not in str(process.environ())
    for log in (installation.home / "logs").glob("**/*.log"):
        assert secret not in log.read_text()


def test_a_second_view_of_its_own_says_that_there_is_one_grafana(grafana: tuple[Any, str]) -> None:
    installation, _ = grafana
    result = installation.run("view", "--port", "0")
    assert result.returncode == 1
    assert "another view of this home runs its Grafana already" in result.stderr
    assert "--viewer builtin" in result.stderr


def test_the_page_can_be_shown_beside_it(grafana: tuple[Any, str]) -> None:
    installation, _ = grafana
    page = installation.start_verb("view", "--viewer", "builtin", "--port", "0")
    assert installation.address_of(page)
    page.send_signal(signal.SIGINT)
    assert page.wait(TIMEOUT_SECONDS) == 0, installation.log_of(page)


def test_a_grafana_that_is_killed_is_started_again(grafana: tuple[Any, str]) -> None:
    installation, address = grafana
    killed = grafana_pid(installation)
    os.kill(killed, signal.SIGKILL)

    assert wait_until(lambda: grafana_pid(installation) != killed, TIMEOUT_SECONDS)
    assert wait_until(lambda: answers(base(address)), TIMEOUT_SECONDS)


def test_the_end_of_a_view_ends_its_grafana_and_all_it_started(installation: Any) -> None:
    view = installation.start_verb("view")
    installation.address_of(view)
    pid = grafana_pid(installation)
    assert "log in as `admin` with the password `admin`" in installation.log_of(view)

    view.send_signal(signal.SIGTERM)

    assert view.wait(TIMEOUT_SECONDS) == 0, installation.log_of(view)
    assert has_ended(pid)
    assert list((installation.home / "state").glob("**/*.json")) == []


def test_of_two_views_at_the_same_moment_one_shows_grafana_and_the_other_takes_over(
    installation: Any,
) -> None:
    installation.environment["STAND_IN_GRAFANA_MIGRATION_SECONDS"] = "3"
    views = [installation.start_verb("view") for _ in range(2)]

    addresses = {installation.address_of(view) for view in views}

    assert len(addresses) == 1, "both give the address of one Grafana"
    (shown,) = installation.status()["viewers"]
    first, second = sorted(views, key=lambda view: view.pid != shown["pid"])
    log = installation.log_of(second)
    assert f"already shown by PID {first.pid}; this view goes on with it" in log
    first.send_signal(signal.SIGTERM)
    assert first.wait(TIMEOUT_SECONDS) == 0, installation.log_of(first)
    assert {installation.address_of(second)} == addresses
    assert installation.status()["viewers"][0]["pid"] == second.pid


def test_what_a_killed_view_left_behind_is_replaced_by_the_next(installation: Any) -> None:
    view = installation.start_verb("view")
    installation.address_of(view)
    left_behind = grafana_pid(installation)
    view.kill()
    view.wait()

    installation.address_of(installation.start_verb("view"))
    assert has_ended(left_behind)


def test_cleanup_names_a_grafana_that_a_killed_view_left_behind(installation: Any) -> None:
    view = installation.start_verb("view")
    installation.address_of(view)
    left_behind = grafana_pid(installation)
    view.kill()
    view.wait()

    cleaned = installation.run("cleanup")
    assert f"stopped a Grafana left behind (PID {left_behind})" in cleaned.stderr
    assert has_ended(left_behind)


def test_grafana_stands_over_prometheus_too(
    installation: Any, needs_program: Callable[[str, str], str]
) -> None:
    installation.use_prometheus(needs_program("prometheus", "prometheus"))
    address = installation.address_of(installation.start_verb("view"))
    status = installation.status()
    assert (status["store"]["kind"], status["viewers"][0]["kind"]) == ("prometheus", "grafana")
    assert wait_until(lambda: bool(frames(address, "prometheus_build_info")), TIMEOUT_SECONDS)


def test_a_grafana_that_can_not_start_is_explained(installation: Any) -> None:
    data = installation.home / "data" / "grafana"
    data.mkdir(parents=True)
    (data / "grafana.db").write_bytes(b"no database")

    result = installation.run("view")

    assert result.returncode == 1
    assert "Grafana" in result.stderr
    assert "hint: " in result.stderr
    assert "Traceback" not in result.stderr
    assert installation.status()["store"] is None


def frames(address: str, expression: str) -> list[Any]:
    """Return what the data source gives for an instant query, through Grafana."""
    query = {
        "refId": "A",
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "expr": expression,
        "instant": True,
        "range": False,
        "intervalMs": 1000,
        "maxDataPoints": 1,
    }
    api = GrafanaApi(base(address), basic=("admin", "admin"), is_local=True)
    body = {"queries": [query], "from": "now-60s", "to": "now"}
    status, answer = api.ask("POST", "/api/ds/query", body)
    assert status == 200, answer
    found: list[Any] = answer["results"]["A"]["frames"]
    return found


def has_ended(pid: int) -> bool:
    """Whether a process that is not our child has ended; nobody may have waited for it yet."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        return ask(url, "/api/health")[0] == 200
    return False
