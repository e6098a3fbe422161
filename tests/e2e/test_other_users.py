"""Users without a home folder, and two users on one machine: each is told what is whose."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from tests.answering import answers_at_once
from tests.e2e.conftest import SCRIPTS
from tests.e2e.other_user import NOBODY, UNKNOWN, as_user, run  # noqa: F401 - a fixture

COMMAND = str(SCRIPTS / "mephisto-metrics")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A current folder that anybody may write to."""
    folder = tmp_path / "current"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def without_home(installation: Any) -> dict[str, str]:
    """The environment of a user for whom nothing says where a home folder is."""
    environment = dict(installation.environment)
    for name in ("HOME", "MEPHISTO_METRICS_HOME", "XDG_DATA_HOME"):
        environment.pop(name, None)
    return environment


@pytest.mark.parametrize("home", [None, "~/metrics"])
@pytest.mark.parametrize("verb", ["view", "status", "doctor"])
def test_who_has_no_home_folder_is_told_the_way_out_and_nothing_is_made(
    installation: Any,
    folder: Path,
    as_user: Callable[[int], list[str]],  # noqa: F811
    home: str | None,
    verb: str,
) -> None:
    environment = without_home(installation)
    if home is not None:
        environment["MEPHISTO_METRICS_HOME"] = home

    status, stdout, stderr = run([*as_user(UNKNOWN), COMMAND, verb], environment, folder)

    assert status == 1, stderr
    said = " ".join((stdout + stderr).split())
    assert "this user has no home folder" in said
    assert "set MEPHISTO_METRICS_HOME to a folder" in said
    assert list(folder.iterdir()) == []


def test_an_operator_without_a_home_folder_warns_once_and_works(
    installation: Any,
    folder: Path,
    as_user: Callable[[int], list[str]],  # noqa: F811
) -> None:
    operator = [sys.executable, "-m", "mephisto_metrics.simulation.packaged"]
    command = [*as_user(UNKNOWN), *operator, "--duration-seconds", "2"]

    status, _, stderr = run(command, without_home(installation), folder)

    assert status == 0, stderr
    assert stderr.count("are not recorded: there is no folder for metrics") == 1
    assert "set MEPHISTO_METRICS_HOME to a folder" in stderr
    assert list(folder.iterdir()) == []


def test_an_unset_home_variable_is_no_matter_for_a_user_with_a_home_folder(
    installation: Any, tmp_path: Path
) -> None:
    environment = {**installation.environment}
    environment.pop("HOME", None)
    assert run([COMMAND, "status"], environment, tmp_path)[0] == 0


@pytest.fixture
def shown(installation: Any) -> Any:
    """The first user's view, whose ports are then wanted by another."""
    installation.page = installation.address_of(installation.start_verb("view"))
    for variable, url in (
        ("PROMETHEUS_PORT", installation.store_url()),
        ("GRAFANA_PORT", installation.page),
    ):
        installation.environment[variable] = url.rpartition(":")[2]
    return installation


def test_another_user_on_the_same_ports_is_told_whose_they_are(
    shown: Any,
    tmp_path: Path,
    as_user: Callable[[int], list[str]],  # noqa: F811
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    os.chown(own, NOBODY, NOBODY)
    environment = {**shown.environment, "MEPHISTO_METRICS_HOME": str(own)}

    status, _, stderr = run([*as_user(NOBODY), COMMAND, "view"], environment, own)
    assert status == 1
    port = shown.environment["PROMETHEUS_PORT"]
    assert f"port {port} on 127.0.0.1 is already in use by a process of user `root`" in stderr
    assert "hint: stop that process, or set PROMETHEUS_PORT" in stderr
    assert "Traceback" not in stderr

    status, stdout, _ = run([*as_user(NOBODY), COMMAND, "doctor", "--json"], environment, own)
    assert status == 1
    findings = json.loads(stdout)["findings"]
    taken = [finding["found"] for finding in findings if finding["id"] == "ports.taken"]
    assert len(taken) == 2
    assert all("is used by a process of user `root`" in text for text in taken)
    assert answers_at_once(shown.page)


def test_another_users_home_is_refused_and_nothing_of_theirs_is_ended(
    shown: Any,
    tmp_path: Path,
    as_user: Callable[[int], list[str]],  # noqa: F811
) -> None:
    before = shown.status()
    files = sorted(shown.home.rglob("*"))

    def refused(*verb: str) -> str:
        command = [*as_user(NOBODY), COMMAND, *verb]
        status, _, stderr = run(command, shown.environment, tmp_path)
        assert status == 1, stderr
        assert "Traceback" not in stderr
        return stderr

    stderr = refused("view", "--port", "0")
    assert f"the folder `{shown.home}` can not be used: Permission denied" in stderr
    assert "it belongs to user `root`" in stderr
    assert "set MEPHISTO_METRICS_HOME to another folder" in stderr
    stderr = refused("cleanup")
    assert f"process {before['viewers'][0]['pid']} belongs to user `root`" in stderr

    _, stdout, _ = run([*as_user(NOBODY), COMMAND, "doctor", "--json"], shown.environment, tmp_path)
    (foreign,) = [one for one in json.loads(stdout)["findings"] if one["id"] == "home.foreign"]
    assert f"`{shown.home}` belongs to user `root`" in foreign["found"]
    assert shown.status() == before
    assert all(psutil.pid_exists(part["pid"]) for part in (before["store"], *before["viewers"]))
    assert set(files) <= set(shown.home.rglob("*"))
