"""Who may log in: the guide's password on loopback and nowhere else, over restarts and changes."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from tests.stand_ins.archives import grafana_release
from tests.stand_ins.running import as_installed, ask, started, without_grafanas_variables

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.grafana import GrafanaOptions, prepare
from mephisto_metrics.stack.readiness import wait_until

EVERYWHERE = "0.0.0.0"  # noqa: S104
TIMEOUT_SECONDS = 30


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_grafanas_variables(monkeypatch)
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def prepared(home: Path, tmp_path: Path) -> Any:
    program = as_installed(grafana_release(tmp_path / "bin"))

    def prepare_with(host: str, password: str | None = None, user: str = "admin") -> Any:
        return prepare(program, GrafanaOptions(host, 0, user, password, "http://127.0.0.1:9", 5.0))

    return prepare_with


def logs_in(program: Any, user: str, password: str) -> bool:
    """Start it, and try one user with one password."""

    def answers() -> bool:
        try:
            return ask(program.url, "/api/health")[0] == 200
        except OSError:
            return False

    with started(program):
        assert wait_until(answers, TIMEOUT_SECONDS), program.log_path.read_text()
        status, _ = ask(program.url, "/api/search", user, password)
    assert status in {200, 401}
    return status == 200


def generated(home: Path) -> str:
    path = home / "config" / "grafana" / "secrets" / "generated-password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_text()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_on_loopback_the_password_is_the_guides(prepared: Any, host: str) -> None:
    assert logs_in(prepared(host), "admin", "admin")


def test_a_chosen_user_and_password_are_the_ones(prepared: Any) -> None:
    program = prepared("127.0.0.1", 'p; #"x"', 'm"e;')
    assert logs_in(program, 'm"e;', 'p; #"x"')
    assert not logs_in(prepared("127.0.0.1", 'p; #"x"', 'm"e;'), "admin", "admin")


def test_off_loopback_a_password_is_generated_and_kept(prepared: Any, home: Path) -> None:
    program = prepared(EVERYWHERE)
    password = generated(home)
    assert len(password) >= 20
    assert logs_in(program, "admin", password)
    assert not logs_in(prepared(EVERYWHERE), "admin", "admin")
    assert generated(home) == password


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "", "192.0.2.1", "example.org"])
@pytest.mark.parametrize("password", ["admin", "ADMIN", " admin "])
def test_the_default_password_is_refused_off_loopback(
    prepared: Any, host: str, password: str
) -> None:
    with pytest.raises(StackError, match="everybody knows") as caught:
        prepared(host, password)
    assert "GRAFANA_PASSWORD" in caught.value.hint


def test_a_grafana_that_began_on_loopback_is_not_shown_to_a_network_with_its_password(
    prepared: Any, home: Path
) -> None:
    assert logs_in(prepared("127.0.0.1"), "admin", "admin")
    assert not logs_in(prepared(EVERYWHERE), "admin", "admin")
    assert logs_in(prepared(EVERYWHERE), "admin", generated(home))


def test_back_on_loopback_the_guides_password_holds_again(prepared: Any) -> None:
    assert not logs_in(prepared(EVERYWHERE), "admin", "admin")
    assert logs_in(prepared("127.0.0.1"), "admin", "admin")


def test_a_password_that_is_chosen_later_holds_from_then_on(prepared: Any) -> None:
    assert logs_in(prepared("127.0.0.1"), "admin", "admin")
    assert logs_in(prepared("127.0.0.1", "chosen ü"), "admin", "chosen ü")


def test_nothing_is_started_off_loopback_where_the_password_can_not_be_set(
    prepared: Any, tmp_path: Path
) -> None:
    assert logs_in(prepared("127.0.0.1"), "admin", "admin")
    (tmp_path / "bin" / "grafana-13.1.3" / "conf" / "defaults.ini").unlink()
    with pytest.raises(StackError, match=r"could not be given it.*config defaults"):
        prepared(EVERYWHERE)


def test_a_start_without_the_record_of_the_password_sets_it(prepared: Any, home: Path) -> None:
    assert logs_in(prepared("127.0.0.1"), "admin", "admin")
    (home / "config" / "grafana" / "secrets" / "password-in-effect").unlink()
    assert not logs_in(prepared(EVERYWHERE), "admin", "admin")


def test_another_user_than_at_the_first_start_is_refused(prepared: Any) -> None:
    assert logs_in(prepared("127.0.0.1"), "admin", "admin")
    with pytest.raises(StackError, match="user is `admin` since its first start, and `me`"):
        prepared("127.0.0.1", user="me")


@pytest.mark.parametrize(
    "password", ["", "abc", " padded", "line\nbreak", "%(admin_user)s", "a${HOME}", "nul\0"]
)
def test_a_password_that_grafana_would_not_take_as_it_is_is_refused(
    prepared: Any, password: str
) -> None:
    with pytest.raises(StackError, match="the password for Grafana") as caught:
        prepared("127.0.0.1", password)
    assert password == "" or password not in str(caught.value)


@pytest.mark.parametrize("user", ["", "a:b", " a", "a\nb", "${HOME}", "%(domain)s"])
def test_a_user_that_grafana_would_not_take_as_it_is_is_refused(prepared: Any, user: str) -> None:
    with pytest.raises(StackError, match="user"):
        prepared("127.0.0.1", user=user)
