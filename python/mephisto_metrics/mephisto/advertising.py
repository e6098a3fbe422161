"""An Operator that other machines may reach: under which name, how safely, and its server."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from mephisto_metrics import ServerAddress, start_http_server
from mephisto_metrics._core import ServerTls
from mephisto_metrics.machine.files import check_is_file
from mephisto_metrics.mephisto.certificate_check import refusal_of
from mephisto_metrics.prometheus_client.tls_context import _get_ssl_ctx

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger("mephisto_metrics")

ADVERTISE_VARIABLE = "MEPHISTO_METRICS_ADVERTISE"
HOST_VARIABLE = "MEPHISTO_METRICS_HOST"
CERTIFICATE_VARIABLE = "MEPHISTO_METRICS_TLS_CERTIFICATE"
KEY_VARIABLE = "MEPHISTO_METRICS_TLS_KEY"
TOKEN_FILE_VARIABLE = "MEPHISTO_METRICS_TOKEN_FILE"  # noqa: S105 - the name of a variable

_LABEL = r"[A-Za-z0-9_-]{1,63}"
_NAME = re.compile(rf"(?![_-]){_LABEL}(\.{_LABEL})*(?<![_-])")
_TOKEN = re.compile(r"[\x21-\x7e]+")


class AdvertisingError(ValueError):
    """A setting can not be used: then nothing is advertised, which is safer than a part of it."""


@dataclass(frozen=True)
class Advertising:
    """How other machines reach this process."""

    host: str
    """The name or address by which they know this machine."""
    listen_host: str
    certificate: Path | None
    key: Path | None
    token_file: Path | None

    @property
    def scheme(self) -> str:
        """What they have to speak."""
        return "http" if self.certificate is None else "https"

    @property
    def shortcoming(self) -> str | None:
        """What is missing for a network that others use too; None if nothing is."""
        if self.certificate is None:
            return (
                "others on the network can read them on the way: set "
                f"{CERTIFICATE_VARIABLE} and {KEY_VARIABLE}"
            )
        if self.token_file is None:
            return f"everybody who reaches this machine can read them: set {TOKEN_FILE_VARIABLE}"
        return None

    def starter(self) -> Callable[[int], ServerAddress]:
        """Return what serves the metrics to others on a port; `OSError` if it can not be used.

        Raises `AdvertisingError` if certificate and key can not be used.
        """
        tls = self._tls()
        return lambda port: start_http_server(
            port, self.listen_host, tls=tls, token_file=self.token_file
        )

    def refusal(self) -> str | None:
        """Return why other machines will refuse the certificate; None if they take it.

        Raises `OSError` if it can not be used.
        """
        if self.certificate is None or self.key is None:
            return None
        reason = refusal_of(self.certificate, self.key, self.host)
        if reason is None:
            return None
        return f"other machines will refuse the certificate `{self.certificate}`: {reason}"

    def _tls(self) -> ServerTls | None:
        if self.certificate is None or self.key is None:
            return None
        certificate, key = str(self.certificate), str(self.key)
        _check_file("certificate", self.certificate)
        _check_file("key", self.key)
        try:
            # For its errors, which name what is wrong with which file.
            _get_ssl_ctx(certificate, key, ssl.PROTOCOL_TLS_SERVER)
            return ServerTls(
                certificate, key, client_authorities=None, has_tls_1_2=True, has_tls_1_3=True
            )
        except (OSError, ValueError) as error:
            # Of a text alone, as prometheus_client raises it, this one is shown as a tuple.
            text = error.args[0] if isinstance(error, ssl.SSLError) else error
            raise AdvertisingError(str(text)) from error


def wanted(environment: Mapping[str, str] | None = None) -> Advertising | None:
    """Return what the environment says; None if nobody else shall reach this process.

    Raises `AdvertisingError` for a value that can not be used.
    """
    environment = os.environ if environment is None else environment

    def text(variable: str) -> str:
        return environment.get(variable, "").strip()

    host = text(ADVERTISE_VARIABLE)
    if not host:
        return None
    host = _checked_host(host)
    certificate, key = _path(text(CERTIFICATE_VARIABLE)), _path(text(KEY_VARIABLE))
    if (certificate is None) != (key is None):
        raise AdvertisingError(f"set both {CERTIFICATE_VARIABLE} and {KEY_VARIABLE}, or neither")
    token_file = _path(text(TOKEN_FILE_VARIABLE))
    if token_file is not None:
        _check_token(token_file)
    listen_host = text(HOST_VARIABLE) or ("::" if ":" in host else "0.0.0.0")  # noqa: S104 - asked for
    return Advertising(host, listen_host, certificate, key, token_file)


def _checked_host(text: str) -> str:
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if not (_NAME.fullmatch(host) or _is_ipv6(host)):
        raise AdvertisingError(
            f"{ADVERTISE_VARIABLE} is {text!r}: expected the name or address of this machine alone,"
            " such as `gpu7.example.org`"
        )
    return host


def _is_ipv6(host: str) -> bool:
    """Whether it is an address without a zone, which has a meaning on this machine alone."""
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


def _path(text: str) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def _check_file(what: str, path: Path) -> None:
    try:
        check_is_file(path)
    except OSError as error:
        raise AdvertisingError(
            f"the {what} in `{path}` can not be read: {error.strerror}"
        ) from error


def _check_token(path: Path) -> None:
    """Refuse a file that holds no token: its server would let nobody in."""
    _check_file("token", path)
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AdvertisingError(f"the token in `{path}` can not be read: {reason}") from error
    if not _TOKEN.fullmatch(lines):
        raise AdvertisingError(
            f"`{path}` holds no token: expected one line of ASCII letters, digits and signs, "
            "without spaces, such as `openssl rand -hex 32` makes"
        )
