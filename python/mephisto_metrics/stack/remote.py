"""Where a store sends its samples too, and as whom.

Secrets come from variables or files, never from a command line, which every user of the machine can
read.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from mephisto_metrics.stack.addresses import is_web_address
from mephisto_metrics.stack.errors import StackError
from mephisto_metrics.stack.sizes import bytes_of

URL_VARIABLE = "MEPHISTO_METRICS_REMOTE_WRITE"

_PREFIX = "MEPHISTO_METRICS_REMOTE_"
_LABEL_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True)
class Credentials:
    """As whom a store elsewhere is asked: at most by a token, or as a user with a password."""

    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    tenant: str | None = None
    """Whose series are asked for, where a store has those of several."""
    ca_file: Path | None = None
    """The authorities whose certificates it may have; by default those of the system."""


@dataclass(frozen=True)
class RemoteWrite:
    """A receiver of Prometheus's remote write: at most a token, or a user with a password.

    A secret is a text or in a file, which is read anew for each request. Every series that is sent
    has the labels too, unless it has such a label itself.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    tenant: str | None = None
    ca_file: Path | None = None
    labels: dict[str, str] = field(default_factory=dict)
    queue_bytes: int | None = None


def remote_write_wanted() -> RemoteWrite | None:
    """Return the receiver that `$MEPHISTO_METRICS_REMOTE_WRITE` names; None if it names none."""
    url = os.environ.get(URL_VARIABLE, "").strip()
    return remote_write(url, _queue_bytes()) if url else None


def remote_write(url: str, queue_bytes: int | None = None) -> RemoteWrite:
    """Return the receiver at `url` with what `MEPHISTO_METRICS_REMOTE_*` say of it."""
    _check_url(url)
    known_as = readable_credentials()
    return RemoteWrite(url=url, labels=_labels(), queue_bytes=queue_bytes, **vars(known_as))


def is_remote_write_wanted() -> bool:
    """Whether `$MEPHISTO_METRICS_REMOTE_WRITE` names a receiver."""
    return bool(os.environ.get(URL_VARIABLE, "").strip())


def readable_credentials() -> Credentials:
    """Return `credentials()`; raises `StackError` also for a file that can not be read now."""
    found = credentials()
    _check_readable("TOKEN_FILE", found.token_file)
    _check_readable("PASSWORD_FILE", found.password_file)
    _check_readable("CA_FILE", found.ca_file)
    return found


def credentials() -> Credentials:
    """Return as whom stores elsewhere are asked: what `MEPHISTO_METRICS_REMOTE_*` say of it.

    Its files are not looked at: they are read for each request, and may be gone for a moment while
    they are exchanged. Raises `StackError` for what can not be used.
    """
    found = Credentials(
        token=_text("TOKEN"),
        token_file=_file("TOKEN_FILE"),
        user=_text("USER"),
        password=_text("PASSWORD"),
        password_file=_file("PASSWORD_FILE"),
        tenant=_text("TENANT"),
        ca_file=_file("CA_FILE"),
    )
    _check_credentials(found)
    _check_letters(found)
    return found


def _text(name: str) -> str | None:
    return os.environ.get(_PREFIX + name, "").strip() or None


def _queue_bytes() -> int | None:
    text = _text("QUEUE_SIZE")
    found = None if text is None else bytes_of(text)
    if text is not None and not found:
        raise StackError(
            f"{_PREFIX}QUEUE_SIZE is {text!r}, which is no size", "set it to one such as 512MB"
        )
    return found


def _labels() -> dict[str, str]:
    """Return what tells this machine's series from those of others: `a=b,c=d`, else its name."""
    text = _text("LABELS")
    if text is None:
        return {"machine": socket.gethostname()}
    pairs = [pair.partition("=") for pair in text.split(",")]
    labels = {name.strip(): value.strip() for name, _, value in pairs}
    if not all(_LABEL_NAME.fullmatch(name) and value for name, value in labels.items()):
        raise StackError(
            f"{_PREFIX}LABELS is {text!r}, which are no labels",
            "set it to names and values, such as `machine=one,site=here`",
        )
    return labels


def _file(name: str) -> Path | None:
    text = _text(name)
    if text is None:
        return None
    return Path(text).expanduser().absolute()


def _check_readable(name: str, path: Path | None) -> None:
    if path is None:
        return
    try:
        path.open().close()
    except OSError as error:
        raise StackError(
            f"{_PREFIX}{name} names `{path}`, which can not be read: {error.strerror}",
            "name a file that you may read, or leave the variable out",
        ) from error


def _check_url(url: str) -> None:
    if not is_web_address(url):
        raise StackError(
            "the address for remote write is none",
            "give the whole address, such as `http://mimir.example:9009/api/v1/push`",
        )
    if "@" in urlsplit(url).netloc:
        raise StackError(
            "the address for remote write holds credentials, which others would see",
            f"set {_PREFIX}USER and {_PREFIX}PASSWORD_FILE, and leave them out of the address",
        )


def _check_credentials(receiver: Credentials) -> None:
    for name, text, file in (
        ("TOKEN", receiver.token, receiver.token_file),
        ("PASSWORD", receiver.password, receiver.password_file),
    ):
        if text is not None and file is not None:
            raise StackError(
                f"{_PREFIX}{name} and {_PREFIX}{name}_FILE are both set", "set one of them"
            )
    has_token = receiver.token is not None or receiver.token_file is not None
    has_password = receiver.password is not None or receiver.password_file is not None
    has_user = receiver.user is not None
    if has_user != has_password or (has_token and has_user):
        raise StackError(
            "the credentials for the remote store are neither a token nor a user with a password",
            f"set {_PREFIX}TOKEN_FILE alone, or {_PREFIX}USER and {_PREFIX}PASSWORD_FILE",
        )


def _check_letters(found: Credentials) -> None:
    """Raise `StackError` for what no header can have; a name and a password are packed for it."""
    sent = {"TOKEN": found.token, "TENANT": found.tenant}
    packed = {"USER": found.user, "PASSWORD": found.password}
    for name, text in {**sent, **packed}.items():
        if text is not None and not (text.isprintable() and (name in packed or text.isascii())):
            raise StackError(
                f"{_PREFIX}{name} has characters that can not be sent",
                "see that nothing else has got into it",
            )
