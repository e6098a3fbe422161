"""Asking a store over HTTP, as whom it has to be asked."""

from __future__ import annotations

import base64
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.proxies import proxy_for

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.credentials import Credentials


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the credentials along to whom they were not given."""

    def redirect_request(self, *_arguments: object) -> None:
        return None


def opener(url: str, credentials: Credentials | None = None) -> urllib.request.OpenerDirector:
    """Return what opens addresses of the server at `url`, as whoever `credentials` says.

    Without any it is one of ours on this machine, and never behind a proxy of the environment.
    Raises `StackError` if a file of the credentials can not be read.
    """
    proxy = None if credentials is None else proxy_for(url)
    proxies = {} if proxy is None else {urlsplit(url).scheme: proxy}
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler(proxies),
        _NoRedirect(),
    ]
    if credentials is None:
        return urllib.request.build_opener(*handlers)
    more_handlers, headers = letting_in(credentials)
    made = urllib.request.build_opener(*handlers, *more_handlers)
    made.addheaders += headers
    return made


def letting_in(
    credentials: Credentials,
) -> tuple[list[urllib.request.BaseHandler], list[tuple[str, str]]]:
    """Return the handlers and the headers by which a server is trusted, and lets one in.

    Raises `StackError` for what can not be read or used.
    """
    trusting = [] if credentials.ca_file is None else [_trusting(credentials.ca_file)]
    return [*trusting], _headers(credentials)


def _headers(credentials: Credentials) -> list[tuple[str, str]]:
    """Return what a request has to have to be let in."""
    found = []
    token, password = credentials.read_token(), credentials.read_password()
    if token is not None:
        found.append(("Authorization", f"Bearer {token}"))
    if credentials.user is not None:
        pair = f"{credentials.user}:{password}".encode()
        found.append(("Authorization", f"Basic {base64.b64encode(pair).decode()}"))
    if credentials.tenant is not None:
        found.append(("X-Scope-OrgID", credentials.tenant))
    return found


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
