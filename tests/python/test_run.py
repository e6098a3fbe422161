"""`mephisto metrics run`: a script as Python itself would run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.certificates import make_certificates

COMMAND = str(Path(sys.executable).parent / "mephisto-metrics")
SHOWS = """
import json, os, sys
known = {name: os.environ.get("MEPHISTO_METRICS_" + name)
         for name in ("ADVERTISE", "TOKEN_FILE", "PORT", "OFF")}
print(json.dumps([sys.argv, sys.path[0], __name__, known]))
"""


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "run", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "MEPHISTO_METRICS_HOME": str(folder / "home"),
            "PYTHONWARNINGS": "ignore",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def shown(folder: Path, *arguments: str, **variables: str) -> Any:
    result = run(folder, *arguments, **variables)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "shows.py").write_text(SHOWS)
    (tmp_path / "token").write_text("secret\n")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_a_script_finds_what_python_would_give_it(folder: Path) -> None:
    argv, path, name, _ = shown(folder, "scripts/shows.py", "--port", "7", "-m", "--", "x")
    assert argv == ["scripts/shows.py", "--port", "7", "-m", "--", "x"]
    assert path == str(folder / "scripts")
    assert name == "__main__"


def test_a_module_finds_what_python_would_give_it(folder: Path) -> None:
    argv, path, name, _ = shown(folder, "-m", "scripts.shows", "--port", "7")
    assert argv == [str(folder / "scripts" / "shows.py"), "--port", "7"]
    assert (path, name) == (str(folder), "__main__")


def test_options_are_there_as_variables_with_whole_paths(folder: Path) -> None:
    options = ["--advertise", "gpu7", "--token-file", "token", "--port", "7"]
    known = shown(folder, *options, "scripts/shows.py")[-1]
    assert known == {
        "ADVERTISE": "gpu7",
        "TOKEN_FILE": str(folder / "token"),
        "PORT": "7",
        "OFF": None,
    }


def test_an_option_belongs_to_a_name_that_is_a_variable_too(folder: Path) -> None:
    arguments = ["--token-file", "token", "scripts/shows.py"]
    known = shown(folder, *arguments, MEPHISTO_METRICS_ADVERTISE="gpu7")[-1]
    assert known["ADVERTISE"] == "gpu7"
    assert known["TOKEN_FILE"] == str(folder / "token")


def test_the_exit_status_and_a_signal_are_the_script_s(folder: Path) -> None:
    (folder / "ends.py").write_text("raise SystemExit(7)")
    (folder / "dies.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert run(folder, "ends.py").returncode == 7
    assert run(folder, "dies.py").returncode == -signal.SIGTERM
    assert run(folder, "gone.py").returncode == 2  # Python's own, of a file that is not there


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["--token-file", "token"], 2, "give --advertise HOST too"),
        (["--advertise", ""], 2, "it is empty"),
        (["--advertise", "gpu7", "--token-file", ""], 2, "it is empty"),
        (["--advertise", "http://gpu7"], 1, "expected the name or address of this machine alone"),
        (["--advertise", "a..b"], 1, "expected the name or address of this machine alone"),
        (
            ["--advertise", "gpu7", "--tls-key", "k"],
            1,
            "set both `--tls-certificate` and `--tls-key`",
        ),
        (
            ["--advertise", "gpu7", "--tls-key", "k", "--tls-certificate", "c"],
            1,
            "c` can not be read: No such file",
        ),
        (
            ["--advertise", "gpu7", "--tls-key", "token", "--tls-certificate", "token"],
            1,
            "advertised: Cannot load server certificate file",
        ),
        (
            ["--advertise", "gpu7", "--tls-key", "pipe", "--tls-certificate", "token"],
            1,
            "pipe` can not be read: it is not a file",
        ),
        (["--advertise", "gpu7", "--token-file", "pipe"], 1, "pipe` can not be read: it is not a"),
        (["--advertise", "gpu7", "--token-file", "gone"], 1, "gone` can not be read: No such file"),
    ],
)
def test_what_can_not_be_used_is_said_before_the_script_begins(
    folder: Path, options: list[str], status: int, told: str
) -> None:
    result = run(folder, *options, "scripts/shows.py")
    assert (result.returncode, result.stdout) == (status, "")
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr


def test_a_certificate_for_another_name_is_told_before_the_script_begins(
    folder: Path, needs_program: Callable[[str, str], str]
) -> None:
    made = make_certificates(needs_program, folder)
    files = ["--tls-certificate", str(made.certificate), "--tls-key", str(made.key)]
    result = run(folder, "--advertise", "other.example", *files, "scripts/shows.py")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"other machines will refuse the certificate `{made.certificate}`" in result.stderr
    assert "other.example" in result.stderr
    assert shown(folder, "--advertise", "localhost", *files, "scripts/shows.py")
