"""`view` with a Grafana, a stand-in, over stores elsewhere that let in only whom they know."""

from __future__ import annotations

import base64
import stat
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.certificates import Certificates, make_certificates
from tests.demanding_store import demanding_store
from tests.forward_proxy import forward_proxy
from tests.stand_ins.archives import grafana_release
from tests.stand_ins.running import frames, install, without_grafanas_variables

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import grafana, programs, store, viewer
from mephisto_metrics.stack.grafana import GrafanaOptions
from mephisto_metrics.stack.install import removing
from mephisto_metrics.stack.readiness import wait_until

PREFIX = "MEPHISTO_METRICS_REMOTE_"
TOKEN = "glsa_a.b-c~d+e/f=="
PASSWORD = "$ pays 5$HOME, $$ or ${HOME}$__file{x}; Käse$"
BASIC = base64.b64encode(f"me$HOME:{PASSWORD}".encode()).decode()
TIMEOUT_SECONDS = 30

LET_IN = {
    "by a token": ({"Authorization": f"Bearer {TOKEN}"}, {"TOKEN": TOKEN}),
    "by a password": (
        {"Authorization": f"Basic {BASIC}"},
        {"USER": "me$HOME", "PASSWORD": PASSWORD},
    ),
    "as a tenant": ({"X-Scope-OrgID": "one|$two"}, {"TENANT": "one|$two"}),
    "by a token as a tenant": (
        {"Authorization": f"Bearer {TOKEN}", "X-Scope-OrgID": "one"},
        {"TOKEN": TOKEN, "TENANT": "one"},
    ),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_grafanas_variables(monkeypatch)
    folder = tmp_path / "home"
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(folder))
    install(folder, grafana_release(tmp_path / "bin"))
    monkeypatch.setenv("MEPHISTO_METRICS_VIEWER", "grafana")
    return folder


@pytest.fixture(scope="module")
def certificates(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Certificates:
    return make_certificates(needs_program, tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def said(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give what sets the variables of remote stores."""

    def say(store_url: str, **variables: str) -> None:
        monkeypatch.setenv("MEPHISTO_METRICS_STORE", store_url)
        for name, value in variables.items():
            monkeypatch.setenv(PREFIX + name, value)

    return say


def is_shown() -> bool:
    """Whether Grafana shows what the wanted store has; `StackError` if it can not be started."""
    with viewer.serving(store.ensure_asked(), "127.0.0.1", 0, print) as served:
        return wait_until(served.is_ready, TIMEOUT_SECONDS) and bool(
            frames(served.url, "up{job='mephisto'}")
        )


@pytest.mark.parametrize("way", LET_IN)
def test_a_store_that_lets_in_is_shown(home: Path, said: Callable[..., None], way: str) -> None:
    demanded, variables = LET_IN[way]
    with demanding_store(demanded) as demanding:
        said(demanding.url, **variables)
        assert is_shown()
    shown = b"".join(path.read_bytes() for path in (home / "logs").rglob("*.log"))
    assert not [text for text in (TOKEN, "Käse") if text.encode() in shown]


def test_a_store_is_shown_whose_certificate_an_own_authority_has_signed(
    said: Callable[..., None], certificates: Certificates, tmp_path: Path
) -> None:
    authorities = tmp_path / "authorities.pem"
    authorities.write_text(f"Of $USER ${{HOME}}\n{certificates.authority.read_text()}")
    with demanding_store({}, certificates) as demanding:
        said(demanding.url, CA_FILE=str(authorities))
        assert is_shown()


def test_a_store_behind_a_proxy_of_the_environment_is_shown(
    said: Callable[..., None], certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name.lower(), raising=False)
        monkeypatch.delenv(name, raising=False)
    with demanding_store({}, certificates) as demanding, forward_proxy(demanding) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        said("https://store.invalid/prometheus", CA_FILE=str(certificates.authority))
        assert is_shown()
        assert set(proxy.hosts) == {"store.invalid:443"}


def prepare(said: Callable[..., None], **variables: str) -> None:
    """Write what Grafana is given for a store that nobody asks."""
    said("http://localhost:9", **variables)
    program, asked = programs.installed("grafana"), store.remote()
    assert program is not None
    assert asked is not None
    options = GrafanaOptions("127.0.0.1", 0, "admin", None, asked.url, 5.0, asked.credentials)
    grafana.prepare(program, options)


def test_secrets_are_in_files_of_their_owner_and_go_with_the_data(
    home: Path, said: Callable[..., None]
) -> None:
    prepare(said, USER="me", PASSWORD="one-half$ other-half")
    holders = [path for path in home.rglob("*") if path.is_file() and b"-half" in path.read_bytes()]
    assert len(holders) == 2
    for path in holders:
        assert path.parent == home / "config" / "grafana" / "secrets"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    removing.remove(removing.removable(has_data=True))
    assert not [path for path in holders if path.exists()]


def test_a_secret_that_is_not_needed_any_more_goes(home: Path, said: Callable[..., None]) -> None:
    prepare(said, USER="me", PASSWORD="one-half$ other-half")
    prepare(said, USER="", PASSWORD="", TOKEN="a-token")
    kept = {path.name for path in (home / "config" / "grafana" / "secrets").glob("store-*")}
    assert kept == {"store-token"}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"TOKEN": "two words"}, "no bearer token"),
        ({"TOKEN": "a$HOME"}, "no bearer token"),
        ({"CA_FILE": __file__}, "no certificates in `.*test_grafana_elsewhere.py`"),
    ],
)
def test_what_grafana_could_not_use_is_refused_and_not_repeated(
    said: Callable[..., None], variables: dict[str, Any], told: str
) -> None:
    with pytest.raises(StackError, match=told) as caught:
        prepare(said, **variables)
    assert not [text for text in ("words", "HOME") if text in str(caught.value)]
