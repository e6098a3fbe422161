"""What the environment says of remote write."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import certifi
import pytest
from tests.built_in_store import begin_store

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.credentials import Credentials
from mephisto_metrics.stack.remote import RemoteWrite, remote_write, remote_write_wanted
from mephisto_metrics.stack.sizes import bytes_of

URL = "http://127.0.0.1:9009/api/v1/push"
PREFIX = "MEPHISTO_METRICS_REMOTE_"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what sets the variables of remote write, of which no others are set."""
    names = ("TOKEN", "USER", "PASSWORD", "TOKEN_FILE", "PASSWORD_FILE", "TENANT", "CA_FILE")
    for name in (*names, "LABELS"):
        monkeypatch.delenv(PREFIX + name, raising=False)

    def say(**variables: str | Path) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(PREFIX + name, str(value))

    return say


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("hidden\n")
    return path


def test_alone_an_address_is_enough(said: Any) -> None:
    said()
    assert remote_write(URL) == RemoteWrite(URL, labels={"machine": socket.gethostname()})


def test_all_variables_are_read(said: Any, secret_file: Path) -> None:
    said(USER="me", PASSWORD_FILE=secret_file, TENANT="team", LABELS="machine=one, site=here")
    assert remote_write(URL, 1000) == RemoteWrite(
        URL,
        Credentials(user="me", password_file=secret_file, tenant="team"),
        labels={"machine": "one", "site": "here"},
        queue_bytes=1000,
    )
    said(USER="", PASSWORD_FILE="", TOKEN_FILE=secret_file, CA_FILE=certifi.where())
    shown = remote_write(URL).credentials
    assert (shown.token_file, shown.ca_file) == (secret_file, Path(certifi.where()))


def test_no_secret_is_shown(said: Any) -> None:
    said(TOKEN="hidden")
    assert "hidden" not in repr(remote_write(URL))
    said(TOKEN="", USER="me", PASSWORD="hidden")
    assert "hidden" not in repr(remote_write(URL))


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"USER": "me"}, "neither a token nor a user with a password"),
        ({"PASSWORD": "hidden"}, "neither a token nor a user with a password"),
        ({"TOKEN": "hidden", "USER": "me", "PASSWORD": "hidden"}, "neither a token nor a user"),
        ({"TOKEN": "hidden", "TOKEN_FILE": __file__}, "TOKEN_FILE are both set"),
        ({"TOKEN_FILE": "/nowhere/token"}, "names `/nowhere/token`, which can not be read"),
        ({"TOKEN_FILE": os.devnull}, f"names `{os.devnull}`, which can not be read: it is not a"),
        ({"CA_FILE": __file__}, "_CA_FILE names .* has no valid certificates"),
        ({"TOKEN": "hidden-\N{CYRILLIC SMALL LETTER A}"}, "TOKEN has characters"),
        ({"TENANT": "te\N{LATIN SMALL LETTER A WITH DIAERESIS}m"}, "TENANT has characters"),
        ({"USER": "m\udcff", "PASSWORD": "hidden"}, "USER has characters"),
        ({"LABELS": "a-b=c"}, "are no labels"),
        ({"LABELS": "machine"}, "are no labels"),
    ],
)
def test_what_can_not_be_meant_is_named(said: Any, variables: dict[str, str], named: str) -> None:
    said(**variables)
    with pytest.raises(StackError, match=named) as raised:
        remote_write(URL)
    assert "hidden" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "mimir",
        "ftp://host/",
        "http://[/",
        "http://a..b/",
        "http://h\N{LATIN SMALL LETTER O WITH DIAERESIS}st/",
        "http://host/\N{LATIN SMALL LETTER O WITH DIAERESIS}",
    ],
)
def test_an_address_that_can_not_work_is_refused(said: Any, url: str) -> None:
    said()
    with pytest.raises(StackError, match="is no web address"):
        remote_write(url)


def test_an_address_with_credentials_is_refused_without_showing_them(said: Any) -> None:
    said()
    with pytest.raises(StackError, match="the address for remote write holds creden") as raised:
        remote_write("http://me:hidden@host/")
    assert "hidden" not in f"{raised.value} {raised.value.hint}"


def test_blanks_around_a_token_do_not_belong_to_it_and_those_of_a_password_do(
    secret_file: Path,
) -> None:
    secret_file.write_text(" \thidden  \r\n")
    assert Credentials(token_file=secret_file).read_token() == "hidden"
    assert Credentials(token=" hidden ").read_token() == "hidden"
    secret_file.write_text(" hidden  \n")
    assert Credentials(password_file=secret_file).read_password() == " hidden  "


@pytest.mark.parametrize("content", ["", "  \n", "one\ntwo"])
def test_a_file_without_a_token_is_named(secret_file: Path, content: str) -> None:
    secret_file.write_text(content)
    with pytest.raises(StackError, match=f"the secret in `{secret_file}` is not one line of text"):
        Credentials(token_file=secret_file).read_token()


def test_a_pipe_is_refused_for_a_secret_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StackError, match=r"pipe` can not be read: it is not a file"):
        Credentials(token_file=tmp_path / "pipe").read_token()
    with pytest.raises(StackError, match=r"pipe` can not be read: it is not a file"):
        Credentials(password_file=tmp_path / "pipe").read_password()


def test_sizes_are_read_as_prometheus_reads_them() -> None:
    assert bytes_of("512MB") == 512 * 1024 * 1024
    assert bytes_of("20gb") == 20 * 1024**3
    assert bytes_of("7B") == 7
    assert [bytes_of(text) for text in ("", "GB", "20", "1.5GB", "-1GB", "20 GiB")] == [None] * 6


@pytest.mark.parametrize("text", ["0B", "much", "8EB", "99999999999999999999GB"])
def test_a_size_that_no_queue_can_have_is_refused(
    said: Any, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_REMOTE_WRITE", URL)
    said(QUEUE_SIZE=text)
    with pytest.raises(StackError, match=f"QUEUE_SIZE is '{text}', which is no size for"):
        remote_write_wanted()


def test_the_store_refuses_what_can_not_work(tmp_path: Path) -> None:
    for receiver, named in (
        (RemoteWrite(URL, Credentials(token="hidden", user="me")), "either a token, or a user"),
        (RemoteWrite(URL, Credentials(tenant="a\nb")), "one line of text"),
        (RemoteWrite(URL, queue_bytes=1), "1048576 bytes or more"),
        (RemoteWrite(URL, labels={"a-b": "c"}), "not a label name"),
        (RemoteWrite("http://me:hidden@host/"), "must not hold credentials"),
    ):
        with pytest.raises(ValueError, match=named) as raised:
            begin_store(tmp_path, remote_write=receiver)
        assert "hidden" not in str(raised.value)
