"""As whom stores elsewhere are asked.

Secrets come from variables or files, never from a command line, which every user of the machine can
read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.files import check_is_file
from mephisto_metrics.stack.variables import certificates_of, file_of, named_file, text_of

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "MEPHISTO_METRICS_REMOTE_"
CREDENTIALS_VARIABLES = tuple(
    f"{PREFIX}{name}"
    for name in ("TOKEN", "TOKEN_FILE", "USER", "PASSWORD", "PASSWORD_FILE", "TENANT", "CA_FILE")
)
BLANKS = " \t"

REMEDY = (
    f"let {PREFIX}TOKEN_FILE name a file with a token that it lets in, or set {PREFIX}USER and "
    f"{PREFIX}PASSWORD_FILE"
)
"""For a store that refuses who asks it."""


@dataclass(frozen=True)
class Credentials:
    """At most a token, or a user with a password.

    A secret is a text or in a file, which is read anew for each request.
    """

    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    tenant: str | None = None
    """Whose series are meant, where a store has those of several."""
    ca_file: Path | None = None
    """The authorities whose certificates it may have; by default those of the system."""

    def read_token(self) -> str | None:
        """Return the bearer token, if there is one. Raises `StackError` if it can not be read.

        Blanks around it can not belong to it: no header has any there.
        """
        text = _text(self.token, self.token_file)
        token = None if text is None else _line(text.strip(BLANKS), self.token_file)
        if token is not None and not token.isascii():
            raise StackError(
                f"the token in {_place(self.token_file)} has letters that can not be sent",
                "put the token alone there",
            )
        return token

    def read_password(self) -> str | None:
        """Return the password, if there is one. Raises `StackError` if it can not be read."""
        text = _text(self.password, self.password_file)
        return None if text is None else _line(text, self.password_file)


NO_CREDENTIALS = Credentials()


def credentials() -> Credentials:
    """Return as whom stores elsewhere are asked: what `MEPHISTO_METRICS_REMOTE_*` say of it.

    Its files are not looked at: they are read for each request, and may be gone for a moment while
    they are exchanged. Raises `StackError` for what can not be used.
    """
    found = Credentials(
        token=text_of(f"{PREFIX}TOKEN") or None,
        token_file=named_file(f"{PREFIX}TOKEN_FILE"),
        user=text_of(f"{PREFIX}USER") or None,
        password=text_of(f"{PREFIX}PASSWORD") or None,
        password_file=named_file(f"{PREFIX}PASSWORD_FILE"),
        tenant=text_of(f"{PREFIX}TENANT") or None,
        ca_file=named_file(f"{PREFIX}CA_FILE"),
    )
    _check(found)
    _check_letters(found)
    return found


def readable_credentials() -> Credentials:
    """Return `credentials()`; raises `StackError` also for a file that can not be read now."""
    for name in ("TOKEN_FILE", "PASSWORD_FILE"):
        file_of(PREFIX + name)
    certificates_of(f"{PREFIX}CA_FILE")
    return credentials()


def _check(found: Credentials) -> None:
    for name, text, file in (
        ("TOKEN", found.token, found.token_file),
        ("PASSWORD", found.password, found.password_file),
    ):
        if text is not None and file is not None:
            raise StackError(
                f"{PREFIX}{name} and {PREFIX}{name}_FILE are both set", "set one of them"
            )
    has_token = found.token is not None or found.token_file is not None
    has_password = found.password is not None or found.password_file is not None
    has_user = found.user is not None
    if has_user != has_password or (has_token and has_user):
        raise StackError(
            "the credentials for the remote store are neither a token nor a user with a password",
            f"set {PREFIX}TOKEN_FILE alone, or {PREFIX}USER and {PREFIX}PASSWORD_FILE",
        )


def _check_letters(found: Credentials) -> None:
    """Raise `StackError` for what no header can have; a name and a password are packed for it."""
    sent = {"TOKEN": found.token, "TENANT": found.tenant}
    packed = {"USER": found.user, "PASSWORD": found.password}
    for name, text in {**sent, **packed}.items():
        if text is not None and not (text.isprintable() and (name in packed or text.isascii())):
            raise StackError(
                f"{PREFIX}{name} has characters that can not be sent",
                "see that nothing else has got into it",
            )


def _text(text: str | None, path: Path | None) -> str | None:
    if path is None:
        return text
    try:
        check_is_file(path)
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise StackError(
            f"the secret in `{path}` can not be read: {error.strerror}",
            "make it a file that you may read",
        ) from error
    except ValueError:
        return "\n"  # what is no text is no secret either; its bytes are nobody's business


def _line(text: str, path: Path | None) -> str:
    if not (text and text.isprintable()):
        raise StackError(
            f"the secret in {_place(path)} is not one line of text", "put the secret alone there"
        )
    return text


def _place(path: Path | None) -> str:
    return "a variable" if path is None else f"`{path}`"
