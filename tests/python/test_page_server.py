"""The page's server over a store that wants TLS, credentials and a tenant."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.certificates import Certificates, make_certificates
from tests.demanding_store import ANSWER, demanding_store

from mephisto_metrics._core import PageServer
from mephisto_metrics.stack.credentials import Credentials
from mephisto_metrics.stack.readiness import why_no_queries


@pytest.fixture(scope="module")
def certificates(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Certificates:
    return make_certificates(needs_program, tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def store_url(certificates: Certificates) -> Iterator[str]:
    demanded = {"Authorization": "Bearer token", "X-Scope-OrgID": "team"}
    with demanding_store(demanded, certificates) as store:
        yield store.url


@pytest.fixture
def credentials(certificates: Certificates, tmp_path: Path) -> Credentials:
    token_file = tmp_path / "token"
    token_file.write_text("token\n")
    return Credentials(token_file=token_file, tenant="team", ca_file=certificates.authority)


def asked(
    folder: Path, store_url: str, credentials: Credentials | None, path: str
) -> tuple[int, str]:
    server = PageServer(
        assets_directory=folder,
        dashboards_directory=folder,
        store_url=store_url,
        scrape_interval_seconds=5.0,
        host="127.0.0.1",
        port=0,
        credentials=credentials,
    )
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.address[1]}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    finally:
        server.close()


def test_page_and_command_line_are_let_in_by_what_is_set(
    tmp_path: Path, store_url: str, credentials: Credentials
) -> None:
    status, text = asked(tmp_path, store_url, credentials, "/api/v1/query?query=up")
    assert (status, text) == (200, ANSWER.decode())
    assert asked(tmp_path, store_url, credentials, "/-/ready") == (200, "ready\n")
    assert why_no_queries(store_url, 10, credentials) is None


def test_a_certificate_that_nobody_vouches_for_is_the_reason_told(
    tmp_path: Path, store_url: str
) -> None:
    status, text = asked(tmp_path, store_url, Credentials(token="token"), "/api/v1/query?query=up")
    assert status == 502
    assert "invalid peer certificate" in json.loads(text)["error"]
    assert "certificate verify failed" in str(why_no_queries(store_url, 10, Credentials()))


@pytest.mark.parametrize(
    ("changed", "status"), [({"token_file": None}, 401), ({"tenant": "others"}, 403)]
)
def test_what_the_store_says_of_a_stranger_is_passed_on(
    tmp_path: Path,
    store_url: str,
    credentials: Credentials,
    changed: dict[str, Any],
    status: int,
) -> None:
    stranger = Credentials(**{**vars(credentials), **changed})
    assert asked(tmp_path, store_url, stranger, "/api/v1/query?query=up")[0] == status
    told = asked(tmp_path, store_url, stranger, "/-/ready")
    assert told[0] == 503
    assert str(status) in told[1]
    assert str(why_no_queries(store_url, 10, stranger)).startswith(f"HTTP status {status}")


def test_nobody_follows_a_redirect(
    tmp_path: Path, store_url: str, credentials: Credentials
) -> None:
    elsewhere = store_url.replace("/prometheus", "/elsewhere")
    assert asked(tmp_path, elsewhere, credentials, "/-/ready")[0] == 503
    assert str(why_no_queries(elsewhere, 10, credentials)).startswith("HTTP status 302")


def test_a_file_of_authorities_that_can_not_be_used_is_named(
    tmp_path: Path, store_url: str, credentials: Credentials
) -> None:
    broken = Credentials(**{**vars(credentials), "ca_file": credentials.token_file})
    with pytest.raises(OSError, match=r"the certificates in .*token cannot be used"):
        asked(tmp_path, store_url, broken, "/")
