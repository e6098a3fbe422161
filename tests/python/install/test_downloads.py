"""Downloads: what comes through a bad network is the file, or an error that says what happened."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.python.install.mirror import (
    Mirror,
    closed_port,
    mirror,
    packed_once_more,
    silent_port,
)

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.install.downloads import download, read_text
from mephisto_metrics.stack.install.fetching import Fetched, fetch_all
from mephisto_metrics.stack.install.network import UnreachableError
from mephisto_metrics.stack.install.parts import Part
from mephisto_metrics.stack.install.watching import Cancelled, Patience, Watch

NAME = "archive.tar.gz"
CONTENT = os.urandom(700_001)
QUICK = Patience(
    connect_seconds=2,
    answer_seconds=60,
    stall_seconds=0.5,
    retry_delays_seconds=(0.01, 0.01, 0.01),
)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def get(server: Mirror, path: Path, name: str = NAME) -> list[tuple[int, Any]]:
    """Download a file, and return what was told of its progress."""
    told: list[tuple[int, Any]] = []
    url = f"{server.url}/{name}"
    download(url, path, Watch(QUICK), lambda done, total: told.append((done, total)))
    return told


def leave_part(server: Mirror, path: Path, size_bytes: int) -> None:
    """Leave what an earlier run, which was interrupted, has left."""
    file = server.files[NAME]
    file.cut_after = [size_bytes] * 10
    watch = Watch(Patience(retry_delays_seconds=()))
    with pytest.raises(StackError):
        download(f"{server.url}/{NAME}", path, watch, lambda *_: None)
    file.cut_after = []
    server.requests.clear()
    assert Part(path).size_bytes == size_bytes


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_alone_and_says_how_far_it_is(
    server: Mirror, tmp_path: Path
) -> None:
    server.add(NAME, CONTENT)

    told = get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert leftovers(tmp_path) == [NAME]
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_after_a_cut_it_goes_on_where_it_stopped(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, CONTENT, cut_after=[200_000, 100_000])

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.ranges(NAME) == [None, "bytes=200000-", "bytes=300000-"]


def test_after_a_stall_it_goes_on_where_it_stopped(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, CONTENT, stall_after=[4 << 16])

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.ranges(NAME) == [None, f"bytes={4 << 16}-"]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(1, 200_000), max_size=4))
def test_wherever_it_is_cut_the_file_is_the_same(
    server: Mirror, tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("downloads") / NAME
    server.add(NAME, CONTENT, cut_after=list(cuts))

    get(server, path)

    assert path.read_bytes() == CONTENT


def test_a_later_run_goes_on_where_an_interrupted_one_stopped(
    server: Mirror, tmp_path: Path
) -> None:
    server.add(NAME, CONTENT)
    leave_part(server, tmp_path / NAME, 300_000)

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    (request,) = server.requests
    assert (request.range, request.headers["If-Range"]) == ("bytes=300000-", '"first"')


def test_what_others_may_read_of_an_interrupted_download_has_no_password_in_it(
    server: Mirror, tmp_path: Path
) -> None:
    url = f"{server.url}/{NAME}".replace("://", "://me:secret@")
    path, watch = tmp_path / NAME, Watch(Patience(retry_delays_seconds=()))
    server.add(NAME, CONTENT, cut_after=[300_000])
    with pytest.raises(StackError) as raised:
        download(url, path, watch, lambda *_: None)

    kept = (tmp_path / f"{NAME}.part.json").read_text()
    assert "secret" not in f"{kept} {raised.value} {raised.value.hint}"

    download(url, path, watch, lambda *_: None)
    assert server.ranges(NAME)[1:] == ["bytes=300000-"]
    assert path.read_bytes() == CONTENT


def test_a_date_serves_where_there_is_no_strong_etag(server: Mirror, tmp_path: Path) -> None:
    date = "Tue, 01 Sep 2026 10:00:00 GMT"
    server.add(NAME, CONTENT, etag='W/"weak"', last_modified=date)
    leave_part(server, tmp_path / NAME, 300_000)

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.requests[0].headers["If-Range"] == date


@pytest.mark.parametrize("heeds_if_range", [True, False])
def test_a_file_that_has_changed_is_never_glued_to_the_old_one(
    server: Mirror, tmp_path: Path, heeds_if_range: bool
) -> None:
    server.add(NAME, CONTENT)
    leave_part(server, tmp_path / NAME, 300_000)
    changed = os.urandom(len(CONTENT))
    server.add(NAME, changed, etag='"second"', heeds_if_range=heeds_if_range)

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == changed


@pytest.mark.parametrize(
    "how", [{"sends_range": False}, {"etag": None}, {"etag": 'W/"weak"'}, {"says_length": False}]
)
def test_servers_that_can_less_than_ranges_give_the_file_too(
    server: Mirror, tmp_path: Path, how: dict[str, Any]
) -> None:
    server.add(NAME, CONTENT, **how)
    if how.get("says_length", True):
        leave_part(server, tmp_path / NAME, 300_000)

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_part_of_another_address_is_not_gone_on_with(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, CONTENT)
    leave_part(server, tmp_path / NAME, 300_000)
    server.add("other", CONTENT[::-1])

    get(server, tmp_path / NAME, "other")

    assert (tmp_path / NAME).read_bytes() == CONTENT[::-1]
    assert server.ranges("other") == [None]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"url": 1}', "null"])
def test_a_part_with_a_damaged_origin_starts_anew(
    server: Mirror, tmp_path: Path, damage: str
) -> None:
    server.add(NAME, CONTENT)
    leave_part(server, tmp_path / NAME, 300_000)
    (tmp_path / f"{NAME}.part.json").write_text(damage)

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.ranges(NAME) == [None]


def test_a_part_that_is_complete_is_not_asked_for(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, CONTENT)
    leave_part(server, tmp_path / NAME, 300_000)
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT)

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.requests == []


def test_a_part_that_is_larger_than_the_file_starts_anew(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, CONTENT)
    leave_part(server, tmp_path / NAME, 300_000)
    about = tmp_path / f"{NAME}.part.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "total_bytes": None}))
    server.add(NAME, CONTENT[:1000])

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT[:1000]


def test_an_archive_that_a_server_calls_packed_once_more_keeps_its_bytes(
    server: Mirror, tmp_path: Path
) -> None:
    content = packed_once_more(CONTENT)
    server.add(NAME, content, headers={"Content-Encoding": "gzip"})

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == content


def test_redirects_are_followed_and_the_part_goes_on_behind_them(
    server: Mirror, tmp_path: Path
) -> None:
    server.add(NAME, b"", redirect=f"{server.url}/real")
    server.add("real", CONTENT, cut_after=[100_000])

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.ranges("real") == [None, "bytes=100000-"]


def test_redirects_without_an_end_are_an_error(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, b"", redirect=f"{server.url}/{NAME}")

    with pytest.raises(StackError, match="from one address to the next without an end"):
        get(server, tmp_path / NAME)


def test_answers_that_pass_are_asked_again(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, CONTENT, statuses=[503, 429, 500])

    get(server, tmp_path / NAME)

    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_server_that_stays_overloaded_is_given_up_on(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, CONTENT, statuses=[503] * 99)

    with pytest.raises(StackError, match="answers 503 Service Unavailable"):
        get(server, tmp_path / NAME)

    assert len(server.requests) == 1 + len(QUICK.retry_delays_seconds)


def test_a_proxy_without_a_network_is_not_asked_for_longer_than_a_server_that_is_silent(
    server: Mirror, tmp_path: Path
) -> None:
    server.add(NAME, CONTENT, statuses=[503] * 99)
    patience = replace(QUICK, answer_seconds=5, retry_delays_seconds=(0.01, 60, 60))

    with pytest.raises(StackError, match="answers 503 Service Unavailable") as raised:
        download(f"{server.url}/{NAME}", tmp_path / NAME, Watch(patience), lambda *_: None)

    assert len(server.requests) == 2
    assert "mephisto metrics view" in raised.value.hint


def test_checksums_that_come_slowly_leave_the_archive_all_its_time(
    server: Mirror, tmp_path: Path
) -> None:
    server.add("sums", b"abc", content_type="text/plain")
    server.add(NAME, CONTENT, statuses=[503])
    now_seconds = 0.0
    watch = Watch(replace(QUICK, answer_seconds=5), clock=lambda: now_seconds)

    read_text(f"{server.url}/sums", watch)
    now_seconds = 100.0
    download(f"{server.url}/{NAME}", tmp_path / NAME, watch, lambda *_: None)

    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_file_that_is_not_there_is_named_at_once(server: Mirror, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=rf"{server.url}/{NAME} answers 404 Not Found"):
        get(server, tmp_path / NAME)

    assert len(server.requests) == 1
    assert leftovers(tmp_path) == []


def test_a_server_that_promises_more_than_it_has_is_given_up_on(
    server: Mirror, tmp_path: Path
) -> None:
    server.add(NAME, CONTENT, said_length=len(CONTENT) + 10)

    with pytest.raises(StackError, match=r"broke off after [\d,]+ bytes") as raised:
        get(server, tmp_path / NAME)

    assert "goes on where this one stopped" in raised.value.hint
    assert not (tmp_path / NAME).exists()


def test_a_login_page_is_not_taken_for_an_archive(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, b"<html>Welcome</html>", content_type="text/html; charset=utf-8")

    with pytest.raises(StackError, match="a web page instead of an archive"):
        get(server, tmp_path / NAME)

    assert leftovers(tmp_path) == []


def test_a_file_that_can_not_fit_on_the_disk_is_not_begun(server: Mirror, tmp_path: Path) -> None:
    server.add(NAME, CONTENT, said_length=1 << 60)

    with pytest.raises(StackError, match=r"has 1,152,921,504,606,846,976 bytes, and .* free"):
        get(server, tmp_path / NAME)

    assert leftovers(tmp_path) == []


def test_proxies_come_from_the_environment_but_not_for_exceptions(
    server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add(NAME, CONTENT)
    monkeypatch.setenv("http_proxy", server.url)

    download("http://far.invalid/x/" + NAME, tmp_path / "far", Watch(QUICK), lambda *_: None)

    assert (tmp_path / "far").read_bytes() == CONTENT
    assert server.requests[0].path == f"http://far.invalid/x/{NAME}"

    monkeypatch.setenv("no_proxy", "far.invalid")
    with pytest.raises(UnreachableError):
        download("http://far.invalid/x/" + NAME, tmp_path / "again", Watch(QUICK), lambda *_: None)
    assert len(server.requests) == 1


def test_a_proxy_that_does_not_connect_is_named_as_the_reason(
    server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", server.url)

    with pytest.raises(UnreachableError, match="the proxy that the environment names"):
        download(f"https://far.invalid/{NAME}", tmp_path / NAME, Watch(QUICK), lambda *_: None)

    assert server.requests[0].path == "far.invalid:443"


@pytest.mark.parametrize(
    "spoilt", ["me:s3c#ret@proxy", "me:s3c/ret@proxy", "me:s3cret@proxy:99999"]
)
def test_a_proxy_that_is_none_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{spoilt}")

    with pytest.raises(StackError, match="that of the proxy in the environment") as raised:
        download(f"https://far.invalid/{NAME}", tmp_path / NAME, Watch(QUICK), lambda *_: None)

    assert "s3c" not in f"{raised.value} {raised.value.hint}"


def test_nobody_there_is_an_error_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        closed_port() as port,
        pytest.raises(UnreachableError, match="Connection refused") as raised,
    ):
        download(f"http://127.0.0.1:{port}/x", tmp_path / NAME, Watch(QUICK), lambda *_: None)

    assert time.monotonic() - began < 5
    for way_out in ("mephisto metrics view", "--mirror", "--from", "HTTPS_PROXY"):
        assert way_out in raised.value.hint


def test_a_name_server_that_does_not_answer_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(60) and [])
    step: Any = type("Step", (), {"archive": type("Archive", (), {"program": "prometheus"})})

    def work(_: Any, watch: Watch) -> Fetched:
        download("http://far.invalid/x", tmp_path / NAME, watch, lambda *_: None)
        return Fetched(tmp_path / NAME, "")

    began = time.monotonic()
    ((_, result),) = fetch_all([step], replace(QUICK, answer_seconds=1), work)
    took = time.monotonic() - began
    ended.set()

    assert isinstance(result, UnreachableError)
    assert "nothing answers at http://far.invalid/x: no answer within 1 s" in str(result)
    assert took < 10


def test_a_download_that_is_not_wanted_any_more_ends_and_keeps_its_part(
    server: Mirror, tmp_path: Path
) -> None:
    server.add(NAME, CONTENT, bytes_per_step=5000, step_seconds=0.01)
    watch = Watch(QUICK)

    def cancel_once_begun(done_bytes: int, _: Any) -> None:
        if done_bytes:
            watch.cancel()

    with pytest.raises(Cancelled):
        download(f"{server.url}/{NAME}", tmp_path / NAME, watch, cancel_once_begun)

    assert not (tmp_path / NAME).exists()
    assert 0 < Part(tmp_path / NAME).size_bytes < len(CONTENT)


def test_a_text_is_read_and_one_without_an_end_is_not(server: Mirror) -> None:
    server.add("sums", b"abc  name\n", content_type="text/plain")
    server.add("endless", bytes(2 << 20), content_type="text/plain")

    assert read_text(f"{server.url}/sums", Watch(QUICK)) == "abc  name\n"
    with pytest.raises(StackError, match="too large for a file with checksums"):
        read_text(f"{server.url}/endless", Watch(QUICK))
    with pytest.raises(StackError, match="404"):
        read_text(f"{server.url}/missing", Watch(QUICK))


def test_a_server_that_falls_silent_is_an_error(tmp_path: Path) -> None:
    with silent_port() as port, pytest.raises(UnreachableError, match="fell silent"):
        read_text(f"http://127.0.0.1:{port}/x", Watch(QUICK))


def test_addresses_are_shown_without_their_secrets() -> None:
    assert shown("https://user:pass@host:8443/a/b?token=1#x") == "https://host:8443/a/b"


@pytest.fixture(scope="module")
def certificate(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A certificate of one's own for 127.0.0.1, with its key."""
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    command = [needs_program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=mirror"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "-", "-out", "-"]
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return path


def test_a_certificate_that_the_user_names_is_trusted_and_no_other(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mirror(certificate) as server:
        server.add(NAME, CONTENT)
        with pytest.raises(StackError, match="is not trusted") as raised:
            get(server, tmp_path / NAME)
        assert "REQUESTS_CA_BUNDLE" in raised.value.hint

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        get(server, tmp_path / NAME)
        assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_server_that_leads_out_of_encryption_is_not_believed(
    certificate: Path, server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server.add(NAME, CONTENT)
    with mirror(certificate) as encrypted:
        encrypted.add(NAME, b"", redirect=f"{server.url}/{NAME}")
        with pytest.raises(StackError, match="leads to an address without encryption"):
            get(encrypted, tmp_path / NAME)

    assert leftovers(tmp_path) == []


def test_a_server_without_encryption_is_told_from_one_that_is_not_trusted(
    server: Mirror, tmp_path: Path
) -> None:
    url = server.url.replace("http:", "https:")
    with pytest.raises(StackError, match="no encrypted connection to"):
        download(f"{url}/{NAME}", tmp_path / NAME, Watch(QUICK), lambda *_: None)
