"""Asking a store over HTTP, as whom it has to be asked."""

from __future__ import annotations

import base64
import urllib.request
from typing import TYPE_CHECKING

from mephisto_metrics.stack.errors import StackError

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.remote import Credentials


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the credentials along to whom they were not given."""

    def redirect_request(self, *_arguments: object) -> None:
        return None


def opener(credentials: Credentials | None = None) -> urllib.request.OpenerDirector:
    """Return what opens addresses of a store, as whoever `credentials` says.

    Raises `StackError` if a file of theirs can not be read.
    """
    # A proxy of the environment must never stand between us and the store.
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _NoRedirect()]
    if credentials is None:
        return urllib.request.build_opener(*handlers)
    if credentials.ca_file is not None:
        handlers.append(_trusting(credentials.ca_file))
    made = urllib.request.build_opener(*handlers)
    made.addheaders += headers(credentials)
    return made


def headers(credentials: Credentials) -> list[tuple[str, str]]:
    """Return what a request has to have to be let in."""
    found = []
    token = token_of(credentials)
    password = _secret(credentials.password, credentials.password_file)
    if token is not None:
        found.append(("Authorization", f"Bearer {token}"))
    if credentials.user is not None:
        pair = f"{credentials.user}:{password}".encode()
        found.append(("Authorization", f"Basic {base64.b64encode(pair).decode()}"))
    if credentials.tenant is not None:
        found.append(("X-Scope-OrgID", credentials.tenant))
    return found


def token_of(credentials: Credentials) -> str | None:
    """Return the bearer token, if that is what is asked for."""
    token = _secret(credentials.token, credentials.token_file)
    if token is not None and not token.isascii():
        raise StackError(
            f"the token in {_place(credentials.token_file)} has letters that can not be sent",
            "put the token alone there",
        )
    return token


def _secret(text: str | None, path: Path | None) -> str | None:
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise StackError(
                f"the secret in `{path}` can not be read: {error.strerror}",
                "make it a file that you may read",
            ) from error
        except ValueError:
            text = "\n"  # what is no text is no secret either; its bytes are nobody's business
    if text is not None and not text.isprintable():
        raise StackError(
            f"the secret in {_place(path)} is not one line of text", "put the secret alone there"
        )
    return text


def _place(path: Path | None) -> str:
    return "a variable" if path is None else f"`{path}`"


def _trusting(ca_file: Path) -> urllib.request.HTTPSHandler:
    import ssl

    try:
        context = ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ValueError) as error:
        raise StackError(
            f"the certificates in `{ca_file}` can not be used: {error}",
            "name a file of certificates in PEM format",
        ) from error
    return urllib.request.HTTPSHandler(context=context)
