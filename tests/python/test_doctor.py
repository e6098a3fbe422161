"""The doctor: what it finds of each condition that is set up, and that it changes nothing."""

from __future__ import annotations

import collections
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from tests.disks import fill, make_read_only
from tests.python.doctoring import found, new_home, running_store, silent_server, the_one

from mephisto_metrics.cli import run
from mephisto_metrics.machine import places
from mephisto_metrics.stack import settings, store
from mephisto_metrics.stack.doctor import clock, diagnose
from mephisto_metrics.stack.doctor import elsewhere as elsewhere_check
from mephisto_metrics.stack.doctor.findings import Level
from mephisto_metrics.stack.elsewhere import TARGETS_VARIABLE, Elsewhere
from mephisto_metrics.stack.processes import ProcessIdentity
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.remote import RemoteWrite
from mephisto_metrics.stack.store_state import StoreState

TIMEOUT_SECONDS = 30
QUICK_SECONDS = 10
WAITS = "input()"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return new_home(tmp_path, monkeypatch)


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that no signal may reach, but those that the test itself sends."""
    with subprocess.Popen([sys.executable, "-c", WAITS], stdin=subprocess.PIPE) as process:
        yield process
        process.send_signal(signal.SIGCONT)
        process.kill()


def identity_of(process: subprocess.Popen[bytes]) -> ProcessIdentity:
    return ProcessIdentity.of(psutil.Process(process.pid))


def write_state(path: Path, kind: str, identity: ProcessIdentity, url: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"kind": kind, **identity._asdict(), "url": url}))


def announce(home: Path, identity: ProcessIdentity, address: str) -> Path:
    """Write the target file of a process."""
    id_ = f"{identity.pid}-{round(identity.start_time_seconds * 1000)}"
    labels = {"job": "mephisto", "operator": id_, "pid": str(identity.pid)}
    path = home / "targets" / f"{id_}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{"targets": [address], "labels": labels}]))
    return path


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_where_nothing_was_ever_run_all_is_well_and_nothing_is_made(home: Path) -> None:
    assert {finding.level for finding in diagnose()} == {Level.WELL}
    assert not home.exists()


def test_what_runs_well_is_said_to_be_well(home: Path, bystander: subprocess.Popen[bytes]) -> None:
    from mephisto_metrics import CollectorRegistry, start_http_server, stop_http_server

    address = start_http_server(0, registry=CollectorRegistry())
    announce(home, identity_of(bystander), f"{address.host}:{address.port}")
    with running_store():
        assert wait_until(
            lambda: any(one.id == "operators.well" for one in diagnose()), TIMEOUT_SECONDS
        )
        assert {finding.level for finding in diagnose()} == {Level.WELL}
        assert found("store.well").found.endswith("answers, and keeps what it collects")
    stop_http_server(address)


@pytest.mark.parametrize(
    ("content", "id_"),
    [
        (b"", "state.damaged"),
        (b'{"pid": 1, "start', "state.damaged"),
        (b"[]", "state.damaged"),
        (b"\xff\xfe", "state.damaged"),
        (b'{"pid": "x", "start_time_seconds": 1}', "state.damaged"),
    ],
)
@pytest.mark.parametrize("name", ["store.json", "viewers/1.json"])
def test_a_damaged_state_file_is_named_and_left(
    home: Path, content: bytes, id_: str, name: str
) -> None:
    path = home / "state" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    finding = found(id_)

    assert str(path) in finding.found
    assert finding.level is Level.NOTE
    assert finding.command == "mephisto metrics cleanup"
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "meaning"),
    [("store", "starts it with the settings that it had"), ("grafana", "writes it anew")],
)
def test_the_file_of_a_process_that_is_gone_is_named_with_what_follows_and_left(
    home: Path, name: str, meaning: str
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    identity = identity_of(gone)
    gone.wait()
    path = home / "state" / f"{name}.json"
    write_state(path, name, identity, "http://127.0.0.1:9")

    finding = found("state.stale")
    assert f"PID {identity.pid}" in finding.found
    assert finding.meaning.endswith(meaning)
    assert path.exists()


def test_a_pid_that_is_anothers_now_is_told_and_that_one_is_not_touched(
    home: Path, bystander: subprocess.Popen[bytes]
) -> None:
    earlier = identity_of(bystander)._replace(start_time_seconds=1.0)
    write_state(home / "state" / "grafana.json", "grafana", earlier, "http://127.0.0.1:9")

    assert f"PID {bystander.pid} is python" in found("state.recycled-pid").found
    assert bystander.poll() is None


def test_a_malformed_target_file_is_named_with_what_was_expected(home: Path) -> None:
    path = home / "targets" / "broken.json"
    path.parent.mkdir(parents=True)
    path.write_text('[{"targets": ["127.0.0.1')

    finding = found("operators.malformed-file")

    assert str(path) in finding.found
    assert "expected [" in finding.found
    assert finding.command == f"rm '{path}'"


def test_a_target_file_of_a_users_own_is_well(home: Path) -> None:
    path = home / "targets" / "elsewhere.json"
    path.parent.mkdir(parents=True)
    path.write_text('[{"targets": ["elsewhere:3031"]}]')

    assert {finding.level for finding in diagnose()} == {Level.WELL}


def test_the_target_file_of_a_killed_operator_is_told_and_not_swept(home: Path) -> None:
    path = announce(home, ProcessIdentity(os.getpid(), 1.0), "127.0.0.1:9")

    assert "1 files in" in found("operators.stale-files").found
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "id_"), [("prometheus", "store.left-behind"), ("grafana", "viewer.left-behind")]
)
def test_a_server_whose_keeper_was_killed_is_told(
    home: Path, bystander: subprocess.Popen[bytes], name: str, id_: str
) -> None:
    path = home / "state" / f"{name}.json"
    write_state(path, name, identity_of(bystander), "http://127.0.0.1:9")

    finding = found(id_)

    assert f"PID {bystander.pid}" in finding.found
    assert finding.command == "mephisto metrics cleanup"
    assert bystander.poll() is None


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How many seconds each connection that is made from now on waits for an answer."""
    found: list[float] = []
    connect = socket.create_connection

    def connect_and_note(address: Any, timeout: float, *others: Any) -> socket.socket:
        found.append(timeout)
        return connect(address, timeout, *others)

    monkeypatch.setattr(socket, "create_connection", connect_and_note)
    return found


def test_parts_that_hang_are_told_apart_from_those_that_are_suspended_and_quickly(
    home: Path, bystander: subprocess.Popen[bytes], patience: list[float]
) -> None:
    state = home / "state"
    with silent_server() as address:
        url = f"http://{address}"
        write_state(state / "store.json", "builtin", identity_of(bystander), url)
        view = {**ProcessIdentity.current()._asdict(), "kind": "builtin", "url": url}
        (state / "viewers").mkdir()
        (state / "viewers" / "1.json").write_text(json.dumps({**view, "start_url": url}))
        announce(home, identity_of(bystander), address)

        silent = diagnose()
        assert 0 < sum(patience) < QUICK_SECONDS
        for id_ in ("store.silent", "viewer.silent"):
            assert "does not answer" in the_one(silent, id_).found

        bystander.send_signal(signal.SIGSTOP)
        process = psutil.Process(bystander.pid)
        assert wait_until(lambda: process.status() == psutil.STATUS_STOPPED, TIMEOUT_SECONDS)
        standing = diagnose()
        for id_ in ("store.suspended", "operators.suspended"):
            assert the_one(standing, id_).command == f"kill -CONT {bystander.pid}"


@pytest.mark.parametrize(
    ("kind", "said"),
    [(None, "a view waits for another one to end"), ("grafana", "Grafana starts, or ends")],
)
def test_a_view_that_shows_nothing_now_is_well(home: Path, kind: str | None, said: str) -> None:
    own = ProcessIdentity.current()
    view = {**own._asdict(), "kind": kind, "url": None, "start_url": None}
    (home / "state" / "viewers").mkdir(parents=True)
    (home / "state" / "viewers" / f"{own.pid}.json").write_text(json.dumps(view))

    assert found("viewer.well").found == f"{said} (PID {own.pid})"


@pytest.mark.parametrize("variable", [settings.STORE_PORT_VARIABLE, settings.VIEWER_PORT_VARIABLE])
def test_a_stranger_on_a_port_of_ours_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with silent_server() as address:
        monkeypatch.setenv(variable, address.rpartition(":")[2])
        finding = found("ports.taken")

    assert f"is used by {psutil.Process().name()} (PID {os.getpid()})" in finding.found
    assert finding.command == f"export {variable}=0"
    assert not home.exists()


def test_a_full_disk_is_told(small_disk: Path, home: Path) -> None:
    home.symlink_to(small_disk)
    fill(small_disk)

    finding = found("home.full")
    assert "0 MB are free" in finding.found
    assert "free some space" in finding.remedy


def test_a_read_only_disk_is_told(small_disk: Path, home: Path) -> None:
    make_read_only(small_disk)
    home.symlink_to(small_disk)

    assert "read-only" in found("home.read-only").found


def test_a_home_that_is_another_in_each_folder_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.parent)
    monkeypatch.setenv(places.HOME_VARIABLE, "my home")
    finding = found("home.relative")
    assert finding.level is Level.NOTE
    assert finding.command == f"export MEPHISTO_METRICS_HOME='{home.parent}/my home'"


def test_a_home_that_can_not_be_a_folder_is_told(home: Path) -> None:
    home.write_text("")
    assert str(home) in found("home.no-folder").found


def test_scrapes_that_the_store_can_not_keep_are_told_and_that_it_could_not(
    small_disk: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mephisto_metrics.stack.doctor.keeping.SHORTEST_FRESH_SECONDS", 2.0)
    (home / "data").mkdir(parents=True)
    (home / "data" / "builtin").symlink_to(small_disk)

    def is_found(id_: str) -> bool:
        return any(finding.id == id_ for finding in diagnose())

    with running_store():  # it scrapes itself
        ballast = fill(small_disk)
        assert wait_until(lambda: is_found("store.not-kept"), TIMEOUT_SECONDS)
        assert "mephisto_store_scrapes_refused_total" in found("store.not-kept").found
        ballast.unlink()
        assert wait_until(lambda: is_found("store.was-not-kept"), TIMEOUT_SECONDS)


@pytest.mark.skipif(not psutil.LINUX, reason="elsewhere a process starts by the clock alone")
def test_a_clock_that_was_set_hides_nothing_else(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mephisto_metrics.stack.doctor.keeping.BEHIND_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/api/v1/push"

    with running_store(remote_write=RemoteWrite(url)):
        os.utime(store.state_path(), times=(time.time() - 1e6,) * 2)
        assert wait_until(
            lambda: (
                {"store.clock-set", "store.remote-write-behind"} <= {one.id for one in diagnose()}
            ),
            TIMEOUT_SECONDS,
        )


def test_an_operator_that_can_not_be_scraped_is_told_with_the_stores_reason(
    home: Path, bystander: subprocess.Popen[bytes]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    announce(home, identity_of(bystander), address)

    assert "no store does" in found("operators.not-recorded").found
    with running_store():
        assert wait_until(
            lambda: any(one.id == "operators.not-scraped" for one in diagnose()), TIMEOUT_SECONDS
        )
        finding = found("operators.not-scraped")
    assert f"the Operator at {address} (PID {bystander.pid}) can not be scraped" in finding.found
    assert "refused" in finding.found.lower()


@pytest.mark.parametrize(
    ("record", "id_"),
    [
        (
            {"name": "prometheus", "version": "3.1.0", "executable": "/nowhere/prometheus"},
            "programs.executable-gone",
        ),
        ({"name": "grafana"}, "programs.record-damaged"),
    ],
)
def test_a_program_that_was_installed_and_can_not_be_run_is_told(
    home: Path, record: dict[str, str], id_: str
) -> None:
    path = home / "bin" / "prometheus.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(record))

    assert found(id_).command == "mephisto metrics reinstall --only prometheus"


def test_a_program_that_is_wanted_and_not_installed_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.VIEWER_VARIABLE, "grafana")
    assert found("programs.missing").command == "mephisto metrics install --only grafana"
    assert not home.exists()


def test_a_download_that_was_interrupted_is_told(home: Path) -> None:
    path = places.downloads_folder() / "prometheus-3.13.2.linux-amd64.tar.gz.part"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"0" * 2_500_000)

    finding = found("programs.half-download")
    assert "prometheus-3.13.2.linux-amd64.tar.gz is not complete: 2.5 MB" in finding.found


@pytest.mark.parametrize(
    ("kind", "is_told"), [("nfs4", True), ("fuse.sshfs", True), ("ext4", False)]
)
def test_a_home_on_a_networks_disk_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, kind: str, is_told: bool
) -> None:
    disks = [("/", "overlay"), (str(home.parent.parent), kind), (f"{home.parent}-other", "nfs")]
    disk = collections.namedtuple("disk", "mountpoint fstype")
    found_disks = [disk(*one) for one in disks]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: found_disks)

    assert [one.id for one in diagnose() if one.level is Level.NOTE] == (
        ["home.network-disk"] if is_told else []
    )
    if is_told:
        assert f"`{home}` is on a network's disk ({kind})" in found("home.network-disk").found


@pytest.mark.parametrize(
    ("variable", "content", "named"),
    [
        ("MEPHISTO_METRICS_REMOTE_TOKEN_FILE", b"", "is not one line of text"),
        ("MEPHISTO_METRICS_REMOTE_TOKEN_FILE", b"two\nlines", "is not one line of text"),
        ("MEPHISTO_METRICS_REMOTE_CA_FILE", b"secret", "can not be used"),
        ("MEPHISTO_METRICS_SCRAPE_TOKEN_FILE", b"\xff\xfe", "is not one line of text"),
        ("MEPHISTO_METRICS_SCRAPE_CA_FILE", b"secret", "can not be used"),
    ],
)
def test_a_secret_that_can_not_be_used_is_a_problem(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    content: bytes,
    named: str,
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    monkeypatch.setenv(variable, str(path))

    finding = found("settings.wrong")
    assert finding.level is Level.PROBLEM
    assert f"`{path}`" in finding.found
    assert named in finding.found
    assert "secret`" not in finding.found


def test_a_password_that_everybody_knows_is_told_where_others_can_reach_the_viewer(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.VIEWER_HOST_VARIABLE, "0.0.0.0")  # noqa: S104 - not bound
    monkeypatch.setenv("GRAFANA_PASSWORD", "admin")
    assert "everybody knows" in found("settings.wrong").found

    monkeypatch.delenv("GRAFANA_PASSWORD")
    assert found("settings.well")
    assert not home.exists(), "a password was generated"


@contextlib.contextmanager
def operator_elsewhere(tmp_path: Path, **server: Any) -> Iterator[tuple[str, Elsewhere]]:
    """Metrics on another machine, as far as a store can tell, and the file that names them."""
    from mephisto_metrics import CollectorRegistry, start_http_server, stop_http_server

    served = start_http_server(0, registry=CollectorRegistry(), **server)
    address = f"localhost:{served.port}"
    scheme = "https" if "certfile" in server else "http"
    labels = {"job": "mephisto", "__scheme__": scheme}
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps([{"targets": [address], "labels": labels}]))
    yield address, Elsewhere(files=(path,))
    stop_http_server(served)


def test_an_operator_elsewhere_that_wants_another_token_is_told_with_what_to_do(
    home: Path, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("right")
    with (
        operator_elsewhere(tmp_path, token_file=token) as (address, elsewhere),
        running_store(elsewhere=elsewhere),
    ):
        assert wait_until(is_found("operators.elsewhere-not-scraped"), TIMEOUT_SECONDS)
        finding = found("operators.elsewhere-not-scraped")
    assert f"the Operator at {address}, on another machine, can not be scraped" in finding.found
    assert "401" in finding.found
    assert "MEPHISTO_METRICS_SCRAPE_TOKEN_FILE" in finding.remedy


def test_operators_elsewhere_that_are_scraped_are_well_and_that_there_are_none_is_told(
    home: Path, tmp_path: Path
) -> None:
    with (
        operator_elsewhere(tmp_path) as (_, elsewhere),
        running_store(elsewhere=elsewhere),
    ):
        assert wait_until(is_found("operators.elsewhere"), TIMEOUT_SECONDS)
        said = "an Operator on another machine is scraped"
        assert found("operators.elsewhere").found == said
        assert {finding.level for finding in diagnose()} == {Level.WELL}
        elsewhere.files[0].write_text("[]")
        assert wait_until(is_found("operators.none-elsewhere"), TIMEOUT_SECONDS)
        assert str(elsewhere.files[0]) in found("operators.none-elsewhere").found


def is_found(id_: str) -> Callable[[], bool]:
    return lambda: any(finding.id == id_ for finding in diagnose())


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("server returned HTTP status 401 Unauthorized", "SCRAPE_TOKEN_FILE"),
        ("x509: certificate signed by unknown authority", "SCRAPE_CA_FILE"),
        ("invalid peer certificate: UnknownIssuer", "SCRAPE_CA_FILE"),
        ("dial tcp: no route to host", "no firewall"),
    ],
)
def test_what_either_store_says_of_an_operator_elsewhere_is_explained(
    reason: str, named: str
) -> None:
    asked = StoreState(
        "prometheus", "http://x", 5.0, 1, started_with={TARGETS_VARIABLE: "/fleet.json"}
    )
    labels = {"job": "mephisto", "instance": "gpu7:3031"}
    target = {"labels": labels, "health": "down", "lastError": reason}
    (finding,) = elsewhere_check.check(asked, [target], here=())
    assert reason in finding.found
    assert named in finding.remedy


def test_wrong_settings_are_told_each_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        settings.STORE_VARIABLE: "promethius",
        settings.RETENTION_VARIABLE: "forever",
        "MEPHISTO_METRICS_PORT": "many",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)

    problems = [finding for finding in diagnose() if finding.level is Level.PROBLEM]

    assert {finding.id for finding in problems} == {"settings.wrong"}
    assert sorted(one.found.split()[0] for one in problems) == sorted(wrong)
    assert not home.exists()


def test_a_store_of_another_kind_than_wanted_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_store():
        monkeypatch.setenv(settings.STORE_VARIABLE, "prometheus")
        finding = found("store.other-kind")
    assert "is the built-in store, and MEPHISTO_METRICS_STORE asks for Prometheus" in finding.found
    assert home.exists()


def test_a_remote_store_that_does_not_answer_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with silent_server() as address:
        monkeypatch.setenv(settings.STORE_VARIABLE, f"http://{address}")
        assert address in found("store.remote-silent").found
    assert not home.exists()


def test_a_store_that_could_not_start_is_told_with_its_reason(home: Path) -> None:
    log = home / "logs" / "store.log"
    log.parent.mkdir(parents=True)
    start = "starting the store for PID 7\n"
    log.write_text(f"{start}serving\n{start}the cellar is full\nhint: empty it\n")

    finding = found("store.did-not-start")
    assert finding.found.endswith("its last start failed: the cellar is full")
    assert finding.remedy == "if that is still so: empty it"

    log.write_text(f"{start}the cellar is full\nhint: empty it\n{start}serving\n")
    assert {finding.level for finding in diagnose()} == {Level.WELL}


@pytest.mark.skipif(not psutil.LINUX, reason="elsewhere a process starts by the clock alone")
@pytest.mark.parametrize(
    ("jump_seconds", "said"),
    [(7300, "set ahead by 2 hours"), (-90000, "set back by 25 hours"), (30, None)],
)
def test_a_clock_that_was_set_while_the_store_ran_is_told(
    home: Path, jump_seconds: float, said: str | None
) -> None:
    with running_store() as engine:
        running = store.running()
        assert running is not None
        assert running.url == engine.url
        now = time.time() + jump_seconds
        told = [finding.found for finding in clock.jumps(store.state_path(), now)]
    assert told == [] if said is None else said in told[0], told


def test_text_begins_with_the_problems_and_ends_with_a_sum(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    part = places.downloads_folder() / "x.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"")
    monkeypatch.setenv(settings.RETENTION_VARIABLE, "\x1b[31mforever")

    status = run(["doctor"])

    said = capsys.readouterr().out
    assert status == 1
    assert "\x1b" not in said
    levels = [line.split()[0] for line in said.splitlines() if line[:1] not in {"", " "}]
    assert levels[:3] == ["problem", "note", "well"]
    assert said.splitlines()[-1].startswith("1 problem, 1 note; ")


def test_json_has_every_finding_and_the_status_is_0_without_problems(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["level"] for finding in findings} == {"well"}
    assert {finding["id"].partition(".")[0] for finding in findings} >= {"home", "store", "ports"}
    assert not home.exists()


def test_nothing_in_a_home_is_changed(home: Path, bystander: subprocess.Popen[bytes]) -> None:
    stale = ProcessIdentity(os.getpid(), 1.0)
    write_state(home / "state" / "store.json", "builtin", stale, "http://127.0.0.1:9")
    write_state(home / "state" / "prometheus.json", "prometheus", identity_of(bystander), "x")
    announce(home, stale, "127.0.0.1:9")
    before = snapshot(home)

    assert diagnose()
    assert snapshot(home) == before
