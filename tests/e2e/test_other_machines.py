"""An Operator that other machines may reach, found and scraped from there.

Both machines are this one, with a home each; the Operator's certificate is for two of its names, of
which a file has one and a list over HTTP the other.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from tests.certificates import Certificates, make_certificates
from tests.e2e.conftest import Installation
from tests.e2e.receiving import receiver
from tests.files import files_below, text_of

from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60
TOKENS = ["the-first-token-of-the-fleet", "the-second-token-of-the-fleet"]
PASSWORD = "a password, for once"


class Operator:
    """A simulated Operator that is advertised with TLS and a token."""

    def __init__(
        self, installation: Installation, certificates: Certificates, folder: Path
    ) -> None:
        self.installation = installation
        self.certificates = certificates
        self.token_file = folder / "token-of-the-operator"
        self.token_file.write_text(f"{TOKENS[0]}\n")
        self.process = installation.start_verb(
            "run",
            *("--advertise", "localhost"),
            *("--tls-certificate", str(certificates.certificate)),
            *("--tls-key", str(certificates.key)),
            *("--token-file", str(self.token_file)),
            *("-m", "mephisto_metrics.simulation.packaged"),
            *("--pace", "lively", "--duration-seconds", "600"),
        )
        found = wait_until(lambda: bool(self.groups()), TIMEOUT_SECONDS)
        assert found, installation.log_of(self.process)

    @property
    def advertised(self) -> Path:
        """The folder that other machines are given."""
        return self.installation.home / "advertised"

    def groups(self) -> list[dict[str, Any]]:
        """Return what the folder's file says."""
        found: list[dict[str, Any]] = []
        for path in self.advertised.glob("*.json"):
            found += json.loads(path.read_text())
        return found

    @property
    def address(self) -> str:
        """Host and port for others."""
        (group,) = self.groups()
        (address,) = group["targets"]
        return str(address)

    def fetch(self, token: str | None) -> str:
        """Return the metrics, as a stranger or as somebody with a token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"https://{self.address}/metrics", headers=headers)
        context = ssl.create_default_context(cafile=str(self.certificates.authority))
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            text: bytes = answer.read()
        return text.decode()


class TargetsList:
    """A list over HTTP that has the Operator under its other name, and who has asked for it."""

    def __init__(self, operator: Operator) -> None:
        self.requests: list[dict[str, str]] = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(dict(self.headers.items()))
                group = {**operator.groups()[0]}
                group["targets"] = [operator.address.replace("localhost", "127.0.0.1")]
                body = json.dumps([group]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/mephisto.json"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Fleet:
    """The Operator, and a machine with a store that finds it."""

    def __init__(
        self, operator: Operator, targets: TargetsList, viewer: Installation, folder: Path
    ) -> None:
        self.operator = operator
        self.targets = targets
        self.viewer = viewer
        self.token_file = folder / "token-for-scrapes"
        self.token_file.write_text(f"{TOKENS[0]}\n")
        operator.token_file.write_text(f"{TOKENS[0]}\n")
        viewer.environment.update(
            # The store runs in another folder, and has to find it all the same.
            MEPHISTO_METRICS_SCRAPE_TOKEN_FILE=os.path.relpath(self.token_file),
            MEPHISTO_METRICS_SCRAPE_CA_FILE=str(operator.certificates.authority),
        )
        sources = ["--targets", str(operator.advertised), "--targets", targets.url]
        self.view = viewer.start_verb("view", "--viewer", "builtin", *sources)
        self.page = viewer.address_of(self.view)

    def wait_until_up(self, is_up: bool) -> None:
        """Wait until both names of the Operator can be scraped, or can not."""
        self.viewer.wait_for(f'count(up{{job="mephisto"}} == {int(is_up)}) == 2')

    def wait_until_told(self, reason: str) -> None:
        """Wait until the store says of both names that they are down for this reason.

        A scrape that is late on a busy machine has another.
        """
        told = wait_until(lambda: all(reason in error for error in self._errors()), TIMEOUT_SECONDS)
        assert told, self._errors()

    def wait_until_none_is_told(self) -> None:
        """Wait until the store has no error left to tell."""
        assert wait_until(lambda: not any(self._errors()), TIMEOUT_SECONDS), self._errors()

    def _errors(self) -> list[str]:
        url = f"{self.viewer.store_url()}/api/v1/targets"
        with urllib.request.urlopen(url, timeout=30) as answer:
            targets = json.load(answer)["data"]["activeTargets"]
        return [one["lastError"] for one in targets if one["labels"]["job"] == "mephisto"]


@pytest.fixture(scope="module")
def operator(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("operator")
    certificates = make_certificates(needs_program, folder)
    installation = Installation(folder / "home")
    try:
        yield Operator(installation, certificates, folder)
    finally:
        installation.close()


@pytest.fixture(scope="module", params=["builtin", "prometheus"])
def fleet(
    request: pytest.FixtureRequest,
    operator: Operator,
    needs_program: Callable[[str, str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fleet]:
    """The Operator seen from another machine: by the built-in store, and by Debian's Prometheus."""
    folder = tmp_path_factory.mktemp(request.param)
    viewer = Installation(folder / "home")
    targets = TargetsList(operator)
    try:
        if request.param == "prometheus":
            viewer.use_prometheus(needs_program("prometheus", "prometheus"))
        yield Fleet(operator, targets, viewer, folder)
    finally:
        viewer.close()
        targets.close()


def status_without(fetch: Callable[[], str]) -> tuple[int, str | None]:
    with pytest.raises(urllib.error.HTTPError) as raised:
        fetch()
    return raised.value.code, raised.value.headers["WWW-Authenticate"]


def test_only_who_has_the_token_gets_the_metrics_and_only_over_tls(operator: Operator) -> None:
    assert "operator_start_time_seconds" in operator.fetch(TOKENS[0])
    assert status_without(lambda: operator.fetch(None)) == (401, "Bearer")
    assert status_without(lambda: operator.fetch("wrong")) == (401, "Bearer")
    # What comes back is TLS's own word for it.
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(f"http://{operator.address}/metrics", timeout=30)


def test_its_own_store_scrapes_it_over_loopback_as_ever(operator: Operator) -> None:
    operator.installation.wait_for('up{job="mephisto", instance=~"127.0.0.1:.*"} == 1')


def test_it_is_found_by_a_file_and_by_a_list_and_scraped(fleet: Fleet) -> None:
    fleet.wait_until_up(True)
    fleet.viewer.wait_for(
        'count(sum by (instance) (e2e_packet_latency_count{job="mephisto"})) == 2'
    )
    port = fleet.operator.address.rpartition(":")[2]
    instances = {one["metric"]["instance"] for one in fleet.viewer.query('up{job="mephisto"}')}
    assert instances == {f"localhost:{port}", f"127.0.0.1:{port}"}
    lines = [f"operator: one elsewhere at {instance} scraped" for instance in instances]
    shown = fleet.viewer.log_of
    assert wait_until(lambda: all(one in shown(fleet.view) for one in lines), TIMEOUT_SECONDS)


def test_who_lists_the_targets_is_not_sent_the_token(fleet: Fleet) -> None:
    assert wait_until(lambda: bool(fleet.targets.requests), TIMEOUT_SECONDS)
    assert all("Authorization" not in headers for headers in fleet.targets.requests)


def test_a_token_is_exchanged_while_all_runs_and_a_wrong_one_is_the_reason_told(
    fleet: Fleet,
) -> None:
    fleet.wait_until_up(True)
    try:
        fleet.operator.token_file.write_text(f"{TOKENS[1]}\n")
        fleet.wait_until_up(False)
        fleet.wait_until_told("401 Unauthorized")
        fleet.token_file.write_text(f"{TOKENS[1]}\n")
        fleet.wait_until_up(True)
        fleet.wait_until_none_is_told()
    finally:
        for path in (fleet.operator.token_file, fleet.token_file):
            path.write_text(f"{TOKENS[0]}\n")
    fleet.wait_until_up(True)


def test_the_token_is_in_no_log_no_state_and_no_command_line(fleet: Fleet) -> None:
    fleet.wait_until_up(True)
    homes = [fleet.operator.installation.home, fleet.viewer.home]
    written = files_below(*homes)
    written += [path for home in homes for path in home.parent.glob("*.log")]
    assert any(path.suffix == ".log" for path in written)
    for path in written:
        text = text_of(path)
        assert not any(token in text for token in TOKENS), path
    commands = [" ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])]
    assert any("mephisto_metrics.store" in command for command in commands)
    assert not any(token in command for token in TOKENS for command in commands)


@pytest.mark.parametrize("kind", ["builtin", "prometheus"])
def test_no_store_takes_a_token_along_to_whom_it_is_sent_on(
    installation: Installation,
    needs_program: Callable[[str, str], str],
    tmp_path: Path,
    kind: str,
) -> None:
    if kind == "prometheus":
        installation.use_prometheus(needs_program("prometheus", "prometheus"))
    (tmp_path / "token").write_text(TOKENS[0])
    with receiver() as (stranger, sent_on), receiver(stranger) as (first, asked):
        address = first.split("/")[2]
        targets = tmp_path / "fleet.json"
        targets.write_text(json.dumps([{"targets": [address]}]))
        installation.environment.update(
            MEPHISTO_METRICS_REMOTE_WRITE=first,
            MEPHISTO_METRICS_REMOTE_TOKEN_FILE=str(tmp_path / "token"),
            MEPHISTO_METRICS_SCRAPE_TOKEN_FILE=str(tmp_path / "token"),
            MEPHISTO_METRICS_TARGETS=f"{targets},http://{address}/list.json",
        )
        installation.address_of(installation.start_verb("view", "--viewer", "builtin"))
        # Whatever a request of the first is sent on to was asked before the second.
        assert wait_until(lambda: has_asked_twice(asked), TIMEOUT_SECONDS)
        assert sent_on == []


def has_asked_twice(asked: list[Message]) -> bool:
    """Whether a store has tried both to scrape and to send samples on, with its token."""
    with_token = [one for one in asked if one.get("Authorization") == f"Bearer {TOKENS[0]}"]
    sends = ["Content-Encoding" in one for one in with_token]
    return min(sends.count(True), sends.count(False)) >= 2


def test_prometheus_finds_nothing_wrong_with_its_configuration(
    fleet: Fleet, needs_program: Callable[[str, str], str]
) -> None:
    path = fleet.viewer.home / "config" / "prometheus.yml"
    if not path.exists():  # of the built-in store
        return
    promtool = needs_program("promtool", "prometheus")
    checked = subprocess.run(
        [promtool, "check", "config", str(path)], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_view_does_not_go_on_with_a_store_that_does_not_know_the_targets(fleet: Fleet) -> None:
    result = fleet.viewer.run("view", "--port", "0", "--targets", "/another/file.json")
    assert result.returncode == 1
    assert "does not look for Operators in /another/file.json" in result.stderr
    assert "cleanup" in result.stderr


def page_status(url: str, user: str = "", password: str = "") -> int:
    manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if user:
        manager.add_password(None, url, user, password)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
    try:
        with opener.open(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_page_that_others_can_reach_asks_for_a_password_that_was_made_for_it(
    installation: Installation,
) -> None:
    arguments = ["--viewer", "builtin", "--store", "builtin", "--host", "0.0.0.0"]  # noqa: S104
    view = installation.start_verb("view", *arguments)
    url = installation.address_of(view)
    log = installation.log_of(view)
    path = Path(log.partition("password is in `")[2].partition("`")[0])
    password = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(password) >= 20
    assert password not in log
    assert [page_status(url), page_status(f"{url}/api/v1/query?query=1")] == [401, 401]
    assert page_status(url, "admin", "admin") == 401
    assert page_status(url, "admin", password) == 200
    assert page_status(f"{url}/-/ready") == 200

    installation.environment.update(GRAFANA_USER="me", GRAFANA_PASSWORD=PASSWORD)
    own = installation.start_verb("view", *arguments)
    own_url = installation.address_of(own)
    assert page_status(own_url, "me", PASSWORD) == 200
    assert page_status(own_url, "admin", password) == 401
    assert PASSWORD not in installation.log_of(own)


def test_the_password_that_everybody_knows_is_refused_off_loopback(
    installation: Installation,
) -> None:
    installation.environment["GRAFANA_PASSWORD"] = "admin"
    result = installation.run("view", "--viewer", "builtin", "--host", "0.0.0.0")  # noqa: S104
    assert result.returncode == 1
    assert "everybody knows" in result.stderr
    assert "Traceback" not in result.stderr


def test_on_loopback_the_page_asks_nobody(installation: Installation) -> None:
    url = installation.address_of(installation.start_verb("view", "--store", "builtin"))
    assert page_status(url) == 200
