"""Starts what `prepare` gives, over the stand-in for Grafana, and asks it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.stand_ins.archives import VERSION

from mephisto_metrics.stack import programs
from mephisto_metrics.stack.grafana.api import GrafanaApi
from mephisto_metrics.stack.programs import InstalledProgram
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.supervision import Program

READY_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 10


def as_installed(root: Path) -> InstalledProgram:
    """Return an unpacked release of the stand-in for Grafana as one that was installed."""
    return InstalledProgram("grafana", VERSION, root / "bin" / "grafana", root, is_ours=True)


def install(home: Path, root: Path) -> None:
    """Let a home use an unpacked release of the stand-in for Grafana."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEPHISTO_METRICS_HOME", str(home))
        programs.record(as_installed(root))


@contextlib.contextmanager
def started(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, and end it with the block."""
    program.log_path.parent.mkdir(parents=True, exist_ok=True)
    with program.log_path.open("ab") as log:
        process = subprocess.Popen(
            program.command, env={**os.environ, **program.environment}, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def ready(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program and wait until it is ready."""
    with started(program) as process:
        is_over = wait_until(
            lambda: process.poll() is not None or program.is_ready(), READY_TIMEOUT_SECONDS
        )
        assert is_over, program.log_path.read_text()
        assert process.poll() is None, program.log_path.read_text()
        yield process


def ask(
    url: str,
    path: str,
    user: str = "admin",
    password: str = "admin",  # noqa: S107 - as Mephisto's guide has it
    **headers: str,
) -> tuple[int, Any]:
    """Ask with a password; return status and JSON, or the text where it is none."""
    credentials = b64encode(f"{user}:{password}".encode()).decode()
    request = urllib.request.Request(
        url + path, headers={"Authorization": f"Basic {credentials}", **headers}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, parsed(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, parsed(error.read())


def frames(
    url: str,
    expression: str,
    password: str = "admin",  # noqa: S107 - as Mephisto's guide has it
) -> list[Any]:
    """Return what the data source of a Grafana on loopback gives for an instant query."""
    query = {
        "refId": "A",
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "expr": expression,
        "instant": True,
        "range": False,
        "intervalMs": 1000,
        "maxDataPoints": 1,
    }
    api = GrafanaApi(url, basic=("admin", password), is_local=True)
    body = {"queries": [query], "from": "now-60s", "to": "now"}
    status, answer = api.ask("POST", "/api/ds/query", body)
    assert status == 200, answer
    found: list[Any] = answer["results"]["A"]["frames"]
    return found


def change_password(root: Path, home: Path, password: str) -> None:
    """Do what a user does in Grafana, of which we are told nothing."""
    configuration = home / "config" / "grafana" / "grafana.ini"
    command = [str(root / "bin" / "grafana"), "cli", "--homepath", str(root)]
    command += ["--config", str(configuration), "admin", "reset-admin-password"]
    subprocess.run(
        [*command, "--password-from-stdin"],
        input=f"{password}\n".encode(),
        check=True,
        capture_output=True,
    )


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode()


def without_grafanas_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of the environment what would decide in a test's place."""
    for name in list(os.environ):
        if name.startswith(("GF_", "GRAFANA_")):
            monkeypatch.delenv(name)
