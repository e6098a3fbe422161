"""How a store elsewhere lets Grafana's data source in: by a token, a password, a tenant's name.

Grafana's backend sends the headers that are numbered from 1 (`httpHeaderName1`), whoever asks: a
board, or an alert. It reads secrets once, at its start, from the files that the provisioning file
names, leaves out spaces at their ends, and then replaces `$NAME` in them too (Grafana's source,
`pkg/services/provisioning/values` and `pkg/setting/expanders.go`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.grafana import files
from mephisto_metrics.stack.grafana.provisioning import content_of, literal

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.credentials import Credentials
    from mephisto_metrics.stack.grafana.packaged import Json

BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750's."""
CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----", re.ASCII
)
NOT_IN_FILES = re.compile("([$ ]+)")
"""What Grafana would replace, or leave out at the ends, of what it reads from a file."""
SECRETS = "store-"
"""How the names of the secrets begin."""


def write_access(credentials: Credentials | None) -> Json:
    """Keep the secrets for Grafana, and return what its data source has more because of them.

    Those of another store go. Raises `StackError` for what can not be read or used.
    """
    files.forget_secrets(SECRETS)
    if credentials is None:
        return {}
    access: Json = {"jsonData": {}, "secureJsonData": {}}
    for number, (name, value) in enumerate(_headers(credentials), start=1):
        access["jsonData"][f"httpHeaderName{number}"] = name
        access["secureJsonData"][f"httpHeaderValue{number}"] = value
    password = credentials.read_password()
    if credentials.user is not None and password is not None:
        access |= {"basicAuth": True, "basicAuthUser": literal(credentials.user)}
        access["secureJsonData"]["basicAuthPassword"] = _kept_password(password)
    if credentials.ca_file is not None:
        access["jsonData"]["tlsAuthWithCACert"] = True
        access["secureJsonData"]["tlsCACert"] = _kept(
            "authorities", _certificates(credentials.ca_file)
        )
    return access


def _headers(credentials: Credentials) -> list[tuple[str, str]]:
    found = []
    token = credentials.read_token()
    if token is not None:
        found.append(("Authorization", f"Bearer {_kept_token(token)}"))
    if credentials.tenant is not None:
        found.append(("X-Scope-OrgID", literal(credentials.tenant)))
    return found


def _kept(name: str, secret: str) -> str:
    """Keep a secret in a file, and return what Grafana reads it by."""
    return content_of(files.write_secret(SECRETS + name, secret))


def _kept_token(token: str) -> str:
    if not BEARER_TOKEN.fullmatch(token):
        raise StackError(
            "the token of the store is no bearer token",
            "expected one word of letters, digits and `._~+/-`, with `=` only at its end",
        )
    return _kept("token", token)


def _kept_password(password: str) -> str:
    """Keep what stands between its dollars and spaces in a file each.

    Those themselves can only be written in the provisioning file.
    """
    return "".join(
        literal(part) if number % 2 else _kept(f"password-{number}", part)
        for number, part in enumerate(NOT_IN_FILES.split(password))
        if part
    )


def _certificates(path: Path) -> str:
    """Return the certificates in a file, without the text between them, which may have a `$`."""
    try:
        found = CERTIFICATE.findall(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise StackError(
            f"the certificates in `{path}` can not be read: {error.strerror}",
            "make it a file that you may read",
        ) from error
    if not found:
        raise StackError(
            f"there are no certificates in `{path}`", "name a file of certificates in PEM format"
        )
    return "\n".join(found)
