"""A home of its own, a mirror, and the command line, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.python.install.mirror import Mirror, mirror

from mephisto_metrics import cli

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Result(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class CommandLine:
    """Runs verbs for one home."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capsys = capsys
        self._processes: list[subprocess.Popen[str]] = []

    def __call__(self, *arguments: object) -> Result:
        """Run a verb in this process."""
        self._capsys.readouterr()
        status = cli.run([str(one) for one in arguments])
        return Result(status, *self._capsys.readouterr())

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        """Start a verb in a process of its own."""
        script = str(Path(sys.executable).parent / "mephisto-metrics")
        process = subprocess.Popen(
            [script, *map(str, arguments)],
            **{
                "env": {**os.environ, "MEPHISTO_METRICS_OFF": "1"},
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                # Whoever runs the tests in the background lets them ignore Ctrl-C.
                "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                **options,
            },
        )
        self._processes.append(process)
        return process

    def end_all(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def files(self) -> list[str]:
        """Return all files of the home but locks."""
        found = [path for path in self.home.rglob("*") if not path.is_dir()]
        return sorted(str(path.relative_to(self.home)) for path in found if path.suffix != ".lock")


@pytest.fixture
def command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CommandLine]:
    home = tmp_path / "home"
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(home))
    # Where the machine has a Prometheus, only tests that are about it should find it.
    monkeypatch.setenv("PATH", "/nowhere")
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    handler = signal.getsignal(signal.SIGTERM)
    line = CommandLine(home, capsys)
    yield line
    line.end_all()
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def server() -> Iterator[Mirror]:
    with mirror() as found:
        yield found
