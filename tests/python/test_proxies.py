"""Proxies of the environment: between this machine and a store elsewhere, and nowhere else."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

import pytest
from tests.built_in_store import begin_sending_store
from tests.certificates import Certificates, make_certificates
from tests.demanding_store import DemandingStore, demanding_store
from tests.forward_proxy import forward_proxy

from mephisto_metrics._core import PageServer
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import settings
from mephisto_metrics.stack.credentials import Credentials
from mephisto_metrics.stack.proxies import proxy_for
from mephisto_metrics.stack.readiness import fetched, is_ready, why_no_queries
from mephisto_metrics.stack.remote import RemoteWrite, remote_write_wanted

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
NOBODY = "http://127.0.0.1:9"
TOKEN = "abc"
TIMEOUT_SECONDS = 30


@pytest.fixture(scope="module")
def certificates(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Certificates:
    return make_certificates(needs_program, tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=["http", "https"])
def store(request: Any, certificates: Certificates) -> Iterator[DemandingStore]:
    is_secure = request.param == "https"
    demanded = {"Authorization": f"Bearer {TOKEN}"}
    with demanding_store(demanded, certificates if is_secure else None) as store:
        yield store


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


Reaches = Callable[[str, Credentials, Path], bool]


def command_line_reaches(url: str, credentials: Credentials, _: Path) -> bool:
    return why_no_queries(url, TIMEOUT_SECONDS, credentials) is None


def page_reaches(url: str, credentials: Credentials, folder: Path) -> bool:
    server = PageServer(
        assets_directory=folder,
        dashboards_directory=folder,
        store_url=url,
        scrape_interval_seconds=5.0,
        host="127.0.0.1",
        port=0,
        credentials=credentials,
    )
    with contextlib.closing(server):
        return fetched(f"http://127.0.0.1:{server.address[1]}/-/ready", TIMEOUT_SECONDS) is not None


def samples_reach(store: DemandingStore) -> Reaches:
    def reach(url: str, credentials: Credentials, folder: Path) -> bool:
        receiver = RemoteWrite(f"{url}/api/v1/write", credentials)
        with contextlib.closing(begin_sending_store(folder, receiver)):
            return store.taken.wait(TIMEOUT_SECONDS)

    return reach


@pytest.fixture(params=["command line", "page", "samples"])
def reaches(
    request: Any, store: DemandingStore, tmp_path: Path
) -> Callable[[str, Credentials], bool]:
    """Give what tells whether one of those that ask stores elsewhere reaches one."""
    ways = {
        "command line": command_line_reaches,
        "page": page_reaches,
        "samples": samples_reach(store),
    }
    return lambda url, credentials: ways[request.param](url, credentials, tmp_path)


def test_a_store_elsewhere_is_reached_through_the_proxy(
    reaches: Callable[[str, Credentials], bool],
    store: DemandingStore,
    environment: pytest.MonkeyPatch,
    certificates: Certificates,
) -> None:
    parts = urlsplit(store.url)
    credentials = Credentials(token=TOKEN, ca_file=certificates.authority)
    with forward_proxy(store) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            environment.setenv(name, proxy.url)
        assert reaches(f"{parts.scheme}://store.invalid:8480{parts.path}", credentials)
        assert set(proxy.hosts) == {"store.invalid:8480"}


def test_a_store_on_this_machine_is_reached_without(
    reaches: Callable[[str, Credentials], bool],
    store: DemandingStore,
    environment: pytest.MonkeyPatch,
    certificates: Certificates,
) -> None:
    for name in NAMES[:3]:
        environment.setenv(name, NOBODY)
    assert reaches(store.url, Credentials(token=TOKEN, ca_file=certificates.authority))


def test_servers_of_ours_are_never_asked_through_a_proxy(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("HTTP_PROXY", NOBODY)
    assert not is_ready("http://store.invalid")
    refused = "Connection refused"
    assert refused not in str(why_no_queries("http://store.invalid", TIMEOUT_SECONDS))
    assert refused in str(why_no_queries("http://store.invalid", TIMEOUT_SECONDS, Credentials()))


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "http://store.example", None),
        ({"HTTP_PROXY": "http://proxy:1"}, "http://store.example", "http://proxy:1"),
        ({"http_proxy": "proxy:1"}, "http://store.example", "http://proxy:1"),
        ({"HTTP_PROXY": "http://proxy:1"}, "https://store.example", None),
        ({"HTTPS_PROXY": "http://proxy:1"}, "https://store.example", "http://proxy:1"),
        ({"ALL_PROXY": "http://me:x@proxy:1"}, "https://store.example", "http://me:x@proxy:1"),
        ({"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "example"}, "http://store.example", None),
        ({"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "*"}, "http://store.example", None),
        ({"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "10.0.0.0/8"}, "http://10.1.2.3:1", None),
        ({"HTTP_PROXY": "http://proxy:1"}, "http://localhost:1", None),
        ({"HTTP_PROXY": "http://proxy:1"}, "http://127.1.2.3", None),
        ({"HTTP_PROXY": "http://proxy:1"}, "http://[::1]:1", None),
    ],
)
def test_the_variables_name_a_proxy_or_none(
    environment: pytest.MonkeyPatch, variables: dict[str, str], url: str, expected: str | None
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    assert proxy_for(url) == expected


def test_a_proxy_that_is_none_for_http_is_refused_without_its_password(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("ALL_PROXY", "socks5://me:hidden@proxy:1")
    environment.setenv("MEPHISTO_METRICS_STORE", "https://store.example/below")
    environment.setenv("MEPHISTO_METRICS_REMOTE_WRITE", "https://store.example/below/write")
    for wanted in (settings.store, remote_write_wanted):
        with pytest.raises(StackError, match=r"for `store\.example` is no HTTP proxy") as caught:
            wanted()
        assert "hidden" not in f"{caught.value} {caught.value.hint}"
        assert "HTTPS_PROXY" in caught.value.hint


def test_the_core_heeds_exceptions_as_well(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name under `.invalid` can not be looked up, and the proxy there answers nobody."""
    environment.setenv("HTTP_PROXY", NOBODY)
    environment.setenv("NO_PROXY", "invalid")
    server = PageServer(
        assets_directory=tmp_path,
        dashboards_directory=tmp_path,
        store_url="http://store.invalid",
        scrape_interval_seconds=5.0,
        host="127.0.0.1",
        port=0,
        credentials=Credentials(),
    )
    with contextlib.closing(server):
        connection = http.client.HTTPConnection(*server.address, timeout=TIMEOUT_SECONDS)
        connection.request("GET", "/-/ready")
        told = connection.getresponse().read().decode()
        connection.close()
    assert "dns" in told
