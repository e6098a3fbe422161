"""`view` with Grafana as the viewer: with the stand-in for Grafana, installed from an archive."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from tests.files import files_below, text_of
from tests.stand_ins.running import ask, frames

from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60
SECRETS = {
    "GRAFANA_PASSWORD": "a-password-for-grafana",
    "MEPHISTO_METRICS_REMOTE_TOKEN": "a-token-for-a-receiver",
}
SECRET_OF_ADDRESSES = "a-token-in-an-address"


@pytest.fixture(scope="module")
def grafana(shared_installation: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """An installation with a Grafana, shown over a run in progress, and its address."""
    shared_installation.use_grafana(tmp_path_factory.mktemp("archive"))
    shared_installation.start_operator("--kind", "gold")
    view = shared_installation.start_verb("view")
    return shared_installation, shared_installation.address_of(view)


@pytest.fixture
def installation(installation: Any, tmp_path: Path) -> Any:
    folder = tmp_path / "archive"
    folder.mkdir()
    installation.use_grafana(folder)
    return installation


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
    assert frames(base(address), 'up{job="mephisto"}')
    assert not frames(base(address), 'up{job="elsewhere"}')


def test_the_secret_is_in_no_log_and_on_no_command_line(grafana: tuple[Any, str]) -> None:
    installation, _ = grafana
    secret = (installation.home / "config/grafana/secrets/secret-key").read_text()
    process = psutil.Process(installation.server_pid("grafana"))
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
    killed = installation.server_pid("grafana")
    os.kill(killed, signal.SIGKILL)

    assert wait_until(lambda: installation.server_pid("grafana") != killed, TIMEOUT_SECONDS)
    assert wait_until(lambda: answers(base(address)), TIMEOUT_SECONDS)


def test_the_end_of_a_view_ends_its_grafana_and_all_it_started(installation: Any) -> None:
    view = installation.start_verb("view")
    installation.address_of(view)
    pid = installation.server_pid("grafana")
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
    left_behind = installation.server_pid("grafana")
    view.kill()
    view.wait()

    installation.address_of(installation.start_verb("view"))
    assert has_ended(left_behind)


def test_cleanup_names_a_grafana_that_a_killed_view_left_behind(installation: Any) -> None:
    view = installation.start_verb("view")
    installation.address_of(view)
    left_behind = installation.server_pid("grafana")
    view.kill()
    view.wait()

    cleaned = installation.run("cleanup")
    assert f"stopped a Grafana left behind (PID {left_behind})" in cleaned.stderr
    assert has_ended(left_behind)


def test_grafana_stands_over_prometheus_too_and_no_process_shows_a_secret(
    installation: Any, needs_program: Callable[[str, str], str]
) -> None:
    installation.use_prometheus(needs_program("prometheus", "prometheus"))
    closed = {"MEPHISTO_METRICS_REMOTE_WRITE": "http://127.0.0.1:9/write"}
    installation.environment.update(**SECRETS, **closed)
    view = installation.start_verb("view")
    address = installation.address_of(view)
    status = installation.status()
    assert (status["store"]["kind"], status["viewers"][0]["kind"]) == ("prometheus", "grafana")
    password = SECRETS["GRAFANA_PASSWORD"]
    assert wait_until(
        lambda: bool(frames(base(address), "prometheus_build_info", password)), TIMEOUT_SECONDS
    )

    servers = [psutil.Process(installation.server_pid(name)) for name in ("prometheus", "grafana")]
    keepers = [psutil.Process(pid) for pid in (view.pid, status["store"]["pid"])]
    shown = " ".join(text for process in (*servers, *keepers) for text in process.cmdline())
    assert not [secret for secret in SECRETS.values() if secret in shown]
    kept = "".join(text_of(path) for path in files_of(installation, "state", "logs"))
    assert not [secret for secret in SECRETS.values() if secret in kept]
    given = " ".join(text for process in servers for text in process.environ().values())
    assert not [secret for secret in SECRETS.values() if secret in given]


def test_a_token_in_an_address_is_refused_by_prometheus_and_shown_nowhere_by_the_built_in_store(
    installation: Any, needs_program: Callable[[str, str], str]
) -> None:
    installation.use_prometheus(needs_program("prometheus", "prometheus"))
    closed = f"http://127.0.0.1:9/x?token={SECRET_OF_ADDRESSES}"
    for name in ("REMOTE_WRITE", "TARGETS"):
        installation.environment[f"MEPHISTO_METRICS_{name}"] = closed
    refused = installation.run("view")
    told = "MEPHISTO_METRICS_REMOTE_WRITE names `http://127.0.0.1:9/x` with a `?`"
    assert (refused.returncode, told in refused.stderr) == (1, True), refused.stderr
    assert told in installation.found_by_doctor()["settings.wrong"]
    operator = installation.start_operator("--kind", "gold")
    assert wait_until(lambda: told in installation.log_of(operator), TIMEOUT_SECONDS)

    view = installation.start_verb("view", "--store", "builtin")
    installation.address_of(view)
    installation.wait_for('up{job="mephisto"} == 1')
    said = refused.stderr + installation.log_of(view) + installation.log_of(operator)
    logs = [text_of(path) for path in files_of(installation, "logs")]
    assert SECRET_OF_ADDRESSES not in "".join([said, *logs])
    kept = [
        path
        for path in files_of(installation, "state", "config")
        if SECRET_OF_ADDRESSES in text_of(path)
    ]
    assert {(path.name, stat.S_IMODE(path.stat().st_mode)) for path in kept} == {
        ("store.json", 0o600)
    }


def files_of(installation: Any, *folders: str) -> list[Path]:
    """Return all files in folders of the home."""
    return files_below(*(installation.home / folder for folder in folders))


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
