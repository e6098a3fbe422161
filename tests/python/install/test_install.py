"""`install` and `reinstall`: from archives of every source to programs that run."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.python.install.archives import (
    archive,
    digest,
    file,
    grafana_archive,
    grafana_name,
    prometheus_archive,
    prometheus_name,
    symlink,
)
from tests.python.install.conftest import CommandLine
from tests.python.install.mirror import Mirror, closed_port, silent_port

from mephisto_metrics.stack import programs
from mephisto_metrics.stack.install import unpacked
from mephisto_metrics.stack.install.releases import PINNED

ONLY = ("--only", "prometheus")


def serve_prometheus(server: Mirror, version: str, **how: Any) -> str:
    """Serve a release with its checksums; return its archive's name."""
    name = prometheus_name(version)
    server.add(name, prometheus_archive(version), **how)
    server.add_checksums(name)
    return name


def install_prometheus(line: CommandLine, server: Mirror, version: str) -> Any:
    return line("install", *ONLY, "--version", version, "--mirror", server.url)


def installed_version() -> str | None:
    program = programs.installed("prometheus")
    return program and program.version


def test_a_release_of_a_mirror_is_installed_and_nothing_else_is_left(
    command_line: CommandLine, server: Mirror
) -> None:
    serve_prometheus(server, "9.8.7")

    result = install_prometheus(command_line, server, "9.8.7")

    assert result.status == 0, result.err
    program = programs.installed("prometheus")
    assert program is not None
    assert (program.version, program.is_ours) == ("9.8.7", True)
    assert program.folder == command_line.home / "bin" / "prometheus-9.8.7"
    assert result.out == f"prometheus 9.8.7 {program.executable}\n"
    said = subprocess.run([program.executable, "--version"], capture_output=True, check=True)
    assert b"version 9.8.7" in said.stdout
    assert command_line.files() == [
        "bin/prometheus-9.8.7/.mephisto-metrics",
        "bin/prometheus-9.8.7/LICENSE",
        "bin/prometheus-9.8.7/prometheus",
        "bin/prometheus.json",
    ]


def test_both_programs_come_from_a_folder_without_a_network(
    command_line: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    prometheus, grafana = prometheus_name("9.8.7"), grafana_name("9.1.0")
    (folder / prometheus).write_bytes(prometheus_archive("9.8.7"))
    (folder / grafana).write_bytes(grafana_archive("9.1.0"))
    (folder / "sha256sums.txt").write_text(f"{digest(folder / prometheus)}  {prometheus}\n")
    (folder / f"{grafana}.sha256").write_text(digest(folder / grafana))
    before = sorted(path.name for path in folder.iterdir())

    result = command_line("install", "--from", folder, "--json")

    assert result.status == 0, result.err
    assert [(one["name"], one["version"], one["status"]) for one in result.json["programs"]] == [
        ("prometheus", "9.8.7", "installed"),
        ("grafana", "9.1.0", "installed"),
    ]
    for name in programs.NAMES:
        found = programs.installed(name)
        assert found is not None
        assert os.access(found.executable, os.X_OK)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_debians_prometheus_packed_as_a_release_is_installed_and_serves(
    command_line: CommandLine, tmp_path: Path, missing: Callable[[str, str], None]
) -> None:
    real = shutil.which("prometheus", path="/usr/bin:/usr/local/bin")
    if real is None:
        missing("prometheus", "apt-get install prometheus")
    assert real is not None
    said = subprocess.run([real, "--version"], capture_output=True, text=True, check=True)
    version = (said.stdout + said.stderr).split("version ")[1].split("+")[0].split(" ")[0]
    name = prometheus_name(version)
    (tmp_path / name).write_bytes(prometheus_archive(version, program=Path(real).read_bytes()))
    (tmp_path / "sha256sums.txt").write_text(f"{digest(tmp_path / name)}  {name}\n")

    result = command_line("install", "--from", tmp_path / name)

    assert result.status == 0, result.err
    program = programs.installed("prometheus")
    assert program is not None
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text("global: {scrape_interval: 5s}\n")
    server = subprocess.Popen(
        [
            program.executable,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            "--web.listen-address=127.0.0.1:0",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        assert any("Server is ready to receive web requests" in line for line in server.stdout)
        refused = command_line("reinstall", "--from", tmp_path / name)
        assert refused.status == 1
        assert f"is used by prometheus (PID {server.pid})" in refused.err
        assert "mephisto metrics cleanup" in refused.err
        kept = command_line("remove", "--yes")
        assert kept.status == 1
        assert f"prometheus (PID {server.pid})" in kept.err
        assert program.executable.is_file()
    finally:
        server.terminate()
        server.wait(30)
    assert command_line("remove", "--yes").status == 0
    assert not program.folder.exists()


def test_what_is_installed_is_kept_and_not_asked_for_again(
    command_line: CommandLine, server: Mirror
) -> None:
    serve_prometheus(server, "9.8.7")
    install_prometheus(command_line, server, "9.8.7")
    server.requests.clear()

    for arguments in (ONLY, (*ONLY, "--version", "9.8.7", "--mirror", server.url)):
        result = command_line("install", *arguments)
        assert result.status == 0
        assert "Prometheus 9.8.7 is installed already" in result.err
    assert server.requests == []


def test_another_version_takes_the_place_of_the_one_before(
    command_line: CommandLine, server: Mirror
) -> None:
    for version in ("9.8.7", "9.8.8"):
        serve_prometheus(server, version)
        assert install_prometheus(command_line, server, version).status == 0
        assert installed_version() == version

    assert {path.name for path in (command_line.home / "bin").iterdir()} == {
        "prometheus.json",
        "prometheus-9.8.8",
    }


def test_a_program_that_does_not_run_any_more_is_installed_anew(
    command_line: CommandLine, server: Mirror
) -> None:
    serve_prometheus(server, "9.8.7")
    install_prometheus(command_line, server, "9.8.7")
    program = programs.installed("prometheus")
    assert program is not None
    program.executable.write_text("#!/bin/sh\nexit 3\n")

    result = install_prometheus(command_line, server, "9.8.7")

    assert result.status == 0
    assert "9.8.7 is installed:" in result.err
    assert "exit 3" not in program.executable.read_text()


def test_reinstall_replaces_what_is_there(command_line: CommandLine, server: Mirror) -> None:
    serve_prometheus(server, "9.8.7")
    install_prometheus(command_line, server, "9.8.7")
    extra = command_line.home / "bin" / "prometheus-9.8.7" / "extra"
    extra.touch()

    result = command_line("reinstall", *ONLY, "--version", "9.8.7", "--mirror", server.url)

    assert result.status == 0, result.err
    assert installed_version() == "9.8.7"
    assert not extra.exists()


def test_a_folder_without_a_record_does_not_count_as_installed(
    command_line: CommandLine, server: Mirror
) -> None:
    half = command_line.home / "bin" / "prometheus-9.8.7"
    half.mkdir(parents=True)
    unpacked.mark(half)
    (half / "prometheus").write_text("half of it")
    serve_prometheus(server, "9.8.7")

    assert install_prometheus(command_line, server, "9.8.7").status == 0

    said = subprocess.run([half / "prometheus"], capture_output=True, check=True)
    assert b"version 9.8.7" in said.stdout


def test_a_folder_that_somebody_else_has_made_is_not_replaced(
    command_line: CommandLine, server: Mirror
) -> None:
    own = command_line.home / "bin" / "prometheus-9.8.7"
    own.mkdir(parents=True)
    (own / "notes").touch()
    serve_prometheus(server, "9.8.7")

    result = install_prometheus(command_line, server, "9.8.7")

    assert result.status == 1
    assert f"`{own}` is there already, and was not made by `install`" in result.err
    assert "move it away" in result.err
    assert command_line.files() == ["bin/prometheus-9.8.7/notes"]
    assert server.ranges(prometheus_name("9.8.7")) == []


def test_an_archive_with_another_digest_is_never_unpacked_and_not_kept(
    command_line: CommandLine, server: Mirror
) -> None:
    name = PINNED["prometheus"].version
    wrong = prometheus_archive(name)
    server.add(prometheus_name(name), wrong)
    pinned = PINNED["prometheus"].digests

    result = command_line("install", *ONLY, "--mirror", server.url)

    assert result.status == 1
    assert digest(wrong) in result.err
    assert any(one.sha256 in result.err for one in pinned.values())
    assert f"{server.url}/{prometheus_name(name)}" in result.err
    assert command_line.files() == []


def test_a_version_whose_checksums_do_not_name_it_is_not_downloaded(
    command_line: CommandLine, server: Mirror
) -> None:
    server.add("sha256sums.txt", b"0" * 64 + b"  another.tar.gz\n", content_type="text/plain")
    name = prometheus_name("9.8.7")
    server.add(name, prometheus_archive("9.8.7"))

    result = install_prometheus(command_line, server, "9.8.7")

    assert result.status == 1
    assert f"does not list `{name}`" in result.err
    assert server.ranges(name) == []


def test_files_without_checksums_are_not_installed(
    command_line: CommandLine, tmp_path: Path
) -> None:
    name = prometheus_name("9.8.7")
    (tmp_path / name).write_bytes(prometheus_archive("9.8.7"))

    result = command_line("install", "--from", tmp_path / name)

    assert result.status == 1
    assert f"`{tmp_path / 'sha256sums.txt'}` is missing" in result.err
    assert command_line.files() == []
    assert (tmp_path / name).exists()


def test_an_attack_with_the_right_digest_unpacks_nothing(
    command_line: CommandLine, server: Mirror
) -> None:
    name = prometheus_name("9.8.7")
    server.add(name, archive([symlink("top/a", "../../.."), file("top/prometheus", mode=0o755)]))
    server.add_checksums(name)

    result = install_prometheus(command_line, server, "9.8.7")

    assert result.status == 1
    assert "the archive is not unpacked" in result.err
    assert [path for path in command_line.files() if path.startswith("bin")] == []
    assert list((command_line.home / "bin").iterdir()) == []


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (b"\x7fELF of another machine", "can not be run"),
        (b"#!/nowhere/interpreter\n", "a library that it needs is missing"),
        (b"#!/bin/sh\necho no; exit 4\n", "fails with status 4: no"),
        (b"#!/bin/sh\necho 'prometheus, version 1.0.0'\n", "says that it is version 1.0.0"),
    ],
)
def test_a_program_that_does_not_run_here_is_not_installed(
    command_line: CommandLine, server: Mirror, program: bytes, reason: str
) -> None:
    name = prometheus_name("9.8.7")
    server.add(name, prometheus_archive("9.8.7", program))
    server.add_checksums(name)

    result = install_prometheus(command_line, server, "9.8.7")

    assert result.status == 1
    assert reason in result.err
    assert installed_version() is None
    assert list((command_line.home / "bin").iterdir()) == []


def test_one_program_is_installed_even_if_the_other_can_not_be(
    command_line: CommandLine, tmp_path: Path
) -> None:
    prometheus, grafana = prometheus_name("9.8.7"), grafana_name("9.1.0")
    (tmp_path / prometheus).write_bytes(prometheus_archive("9.8.7"))
    (tmp_path / grafana).write_bytes(b"damaged")
    (tmp_path / "sha256sums.txt").write_text(f"{digest(tmp_path / prometheus)}  {prometheus}\n")
    (tmp_path / f"{grafana}.sha256").write_text(digest(b"whole") + "\n")

    result = command_line("install", "--from", tmp_path, "--json")

    assert result.status == 1
    states = {one["name"]: one["status"] for one in result.json["programs"]}
    assert states == {"prometheus": "installed", "grafana": "failed"}
    assert digest(b"damaged") in result.err
    assert installed_version() == "9.8.7"


def test_without_a_network_it_fails_soon_and_says_what_needs_none(
    command_line: CommandLine,
) -> None:
    began = time.monotonic()
    with silent_port() as port:
        result = command_line("install", "--mirror", f"http://127.0.0.1:{port}")

    assert time.monotonic() - began < 15
    assert result.status == 1
    for name in (PINNED["prometheus"], PINNED["grafana"]):
        assert f"http://127.0.0.1:{port}/{name.program}" in result.err
    assert "mephisto metrics view" in result.err
    assert command_line.files() == []


def test_an_address_where_nobody_listens_is_named_at_once(command_line: CommandLine) -> None:
    with closed_port() as port:
        result = command_line("install", "--mirror", f"http://127.0.0.1:{port}", "--json")

    assert result.status == 1
    assert {one["status"] for one in result.json["programs"]} == {"failed"}
    assert "Connection refused" in result.err


def test_a_dry_run_changes_nothing(command_line: CommandLine, server: Mirror) -> None:
    result = command_line("install", "--dry-run", "--mirror", server.url)
    as_json = command_line("install", "--dry-run", "--json", *ONLY)

    assert (result.status, as_json.status) == (0, 0)
    assert f"{server.url}/prometheus-{PINNED['prometheus'].version}" in result.out
    (planned,) = as_json.json["programs"]
    assert planned["source"].startswith("https://github.com/prometheus/prometheus/releases/")
    assert (planned["status"], planned["action"]) == ("planned", "get")
    assert server.requests == []
    assert not command_line.home.exists()


def fake_prometheus(folder: Path, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "prometheus"
    path.write_text(f"#!/bin/sh\necho 'prometheus, version {version} (branch: HEAD)'\n")
    path.chmod(0o755)
    return path


def test_a_prometheus_of_the_users_own_is_recorded_and_never_ours(
    command_line: CommandLine, tmp_path: Path
) -> None:
    own = fake_prometheus(tmp_path / "own", "2.42.0+ds")

    for given in (own, own.parent):
        assert command_line("install", *ONLY, "--prometheus", given).status == 0

    program = programs.installed("prometheus")
    assert program is not None
    assert (program.executable, program.version, program.is_ours) == (own, "2.42.0+ds", False)
    assert "is installed already" in command_line("install", *ONLY).err
    assert command_line("remove", "--yes").status == 0
    assert own.is_file()
    assert programs.installed("prometheus") is None


@pytest.mark.parametrize("given", ["./prometheus", "prometheus", "."])
def test_a_prometheus_of_the_current_folder_is_used_whatever_there_is_on_the_path(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    own = fake_prometheus(tmp_path / "own", "2.53.0")
    another = fake_prometheus(tmp_path / "another", "2.42.0")
    monkeypatch.setenv("PATH", str(another.parent))
    monkeypatch.chdir(own.parent)

    result = command_line("install", *ONLY, "--prometheus", given)

    assert result.status == 0, result.err
    program = programs.installed("prometheus")
    assert program is not None
    assert (program.executable, program.version) == (own, "2.53.0")


def test_a_prometheus_that_is_not_in_the_current_folder_is_not_looked_for_elsewhere(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(fake_prometheus(tmp_path / "another", "2.53.0").parent))
    monkeypatch.chdir(tmp_path)

    result = command_line("install", *ONLY, "--prometheus", "./prometheus")

    assert result.status == 1
    assert f"there is no executable `{tmp_path}/prometheus`" in result.err
    assert "name the file itself" in result.err


@pytest.mark.parametrize(
    ("version", "reason"), [("2.41.9", "expected 2.42 or later"), ("none", "is no Prometheus")]
)
def test_a_prometheus_that_is_too_old_or_none_is_refused(
    command_line: CommandLine, tmp_path: Path, version: str, reason: str
) -> None:
    own = fake_prometheus(tmp_path / "own", version)

    result = command_line("install", *ONLY, "--prometheus", own)

    assert result.status == 1
    assert reason in result.err
    assert programs.installed("prometheus") is None


def test_a_prometheus_on_the_path_is_only_named_where_nobody_can_be_asked(
    command_line: CommandLine, server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = fake_prometheus(tmp_path / "own", "2.53.0")
    monkeypatch.setenv("PATH", str(own.parent))

    result = command_line("install", *ONLY, "--dry-run")

    assert f"Prometheus 2.53.0 is on this machine already: {own}" in result.err
    assert f"`--prometheus {own}` would use it" in result.err
    assert "github.com" in result.out


@pytest.mark.parametrize(("answer", "is_used"), [("\n", True), ("n\n", False)])
def test_in_a_terminal_it_is_asked_whether_the_one_on_the_path_is_used(
    command_line: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    is_used: bool,
) -> None:
    own = fake_prometheus(tmp_path / "own", "2.53.0")
    monkeypatch.setenv("PATH", str(own.parent))
    terminal, typed_into = os.openpty()
    os.write(terminal, answer.encode())

    process = command_line.start("install", *ONLY, "--dry-run", stdin=typed_into)
    out, err = process.communicate(timeout=60)
    os.close(terminal)
    os.close(typed_into)

    assert process.returncode == 0, err
    assert (f"Prometheus 2.53.0 of this system is used: {own}" in out) == is_used
    assert ("github.com" in out) != is_used


def test_where_its_input_is_closed_nobody_is_asked(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(fake_prometheus(tmp_path / "own", "2.53.0").parent))
    monkeypatch.setattr("sys.stdin", None)

    result = command_line("install", *ONLY, "--dry-run")

    assert (result.status, "would use it" in result.err) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version", "9.8.7"),
        ("--mirror", "/a/folder"),
        ("--mirror", "ftp://me:secret@host/"),
        ("--mirror", "http://me:secret@host:99999/"),
        ("--mirror", "http://me:secret@[::1/"),
        ("--mirror", "http://host/archives?token=secret"),
        ("--mirror", "http://host/archives#secret"),
        ("--mirror", "http://x", "--from", "/"),
        ("--only", "loki"),
        ("--only", "grafana", "--prometheus", "/usr/bin/prometheus"),
        ("--from", "/does/not/exist"),
    ],
)
def test_options_that_make_no_sense_are_wrong_usage(
    command_line: CommandLine, arguments: tuple[str, ...]
) -> None:
    result = command_line("install", *arguments)

    assert (result.status, result.out) == (2, "")
    assert "secret" not in result.err
    assert not command_line.home.exists()


def test_what_is_not_shown_of_a_mirror_is_said_to_be_there(command_line: CommandLine) -> None:
    told = command_line("install", "--mirror", "http://host/archives?token=secret").err
    assert "`--mirror http://host/archives` was given with a `?` or `#` after it" in told


def test_a_home_that_can_not_be_used_is_named(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", "/dev/null/home")

    result = command_line("install", *ONLY)

    assert result.status == 1
    assert "the folder `/dev/null/home` can not be used: Not a directory" in result.err


def test_a_home_behind_a_link_keeps_what_is_installed(
    command_line: CommandLine, server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_prometheus(server, "9.8.7")
    install_prometheus(command_line, server, "9.8.7")
    (tmp_path / "link").symlink_to(command_line.home)
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "link"))

    assert "is installed already" in command_line("install", *ONLY).err

    monkeypatch.setenv("MEPHISTO_METRICS_HOME", "link")
    monkeypatch.chdir(tmp_path)
    assert "is installed already" in command_line("install", *ONLY).err


def test_a_home_with_a_relative_name_takes_a_program_that_runs_from_everywhere(
    command_line: CommandLine, server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", command_line.home.name)
    serve_prometheus(server, "9.8.7")

    result = install_prometheus(command_line, server, "9.8.7")

    assert result.status == 0, result.err
    program = programs.installed("prometheus")
    assert program is not None
    subprocess.run([program.executable, "--version"], check=True, capture_output=True, cwd="/")
    assert (
        command_line("reinstall", *ONLY, "--version", "9.8.7", "--mirror", server.url).status == 0
    )
    assert f"{program.folder}\n" in command_line("remove", "--yes").err
    assert command_line.files() == []


@pytest.fixture
def small_disk(missing: Callable[[str, str], None], tmp_path: Path) -> Any:
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount", path="/bin:/usr/bin") or "mount"
    command = [mount, "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        missing("a file system of one's own", "run the tests as root")
    yield folder
    umount = shutil.which("umount", path="/bin:/usr/bin") or "umount"
    subprocess.run([umount, "-l", str(folder)], check=True)


@pytest.mark.parametrize("says_length", [True, False])
def test_a_full_disk_is_said_and_nothing_half_made_is_left(
    command_line: CommandLine,
    server: Mirror,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    says_length: bool,
) -> None:
    command_line.home = small_disk / "home"
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(command_line.home))
    name = prometheus_name("9.8.7")
    content = prometheus_archive("9.8.7", ballast_bytes=900_000)
    server.add(name, content, says_length=says_length)
    server.add_checksums(name)

    result = install_prometheus(command_line, server, "9.8.7")

    assert result.status == 1
    assert ("free some space" if says_length else "No space left on device") in result.err
    assert "MEPHISTO_METRICS_HOME" in result.err
    assert command_line.files() == []


def test_a_disk_that_gets_full_while_unpacking_leaves_nothing_half_made(
    command_line: CommandLine,
    small_disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command_line.home = small_disk / "home"
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(command_line.home))
    name = prometheus_name("9.8.7")
    (tmp_path / name).write_bytes(prometheus_archive("9.8.7", ballast_bytes=900_000))
    (tmp_path / "sha256sums.txt").write_text(f"{digest(tmp_path / name)}  {name}\n")

    result = command_line("install", "--from", tmp_path / name)

    assert result.status == 1
    assert "No space left on device" in result.err
    assert command_line.files() == []
    assert list((command_line.home / "bin").iterdir()) == []
