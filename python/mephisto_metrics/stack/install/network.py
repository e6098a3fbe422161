"""What can go wrong on the way to a server, in words; addresses without their secrets."""

from __future__ import annotations

from http import HTTPStatus

import requests
from urllib3.exceptions import HTTPError as TransportError  # what `requests` is built on

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.transport_faults import innermost_reason

FAULTS = (requests.exceptions.RequestException, TransportError, OSError)
OTHER_WAYS = (
    "install from files with `--from FOLDER`, or from a server that you can reach with "
    "`--mirror URL`; the built-in store and page need no installation: `mephisto metrics view`"
)


class UnreachableError(StackError):
    """Nothing answered at an address."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"nothing answers at {shown(url)}: {reason}",
            f"see whether this machine has a network, or needs a proxy (HTTPS_PROXY); {OTHER_WAYS}",
        )


def explain(error: Exception) -> str:
    """Say in a few words what went wrong."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that the environment names does not connect"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection within the time allowed"
    if isinstance(error, requests.exceptions.Timeout):
        return "the server fell silent"
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return "it leads from one address to the next without an end"
    text = innermost_reason(error)
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004 - a line or two


def fault(url: str, error: Exception) -> StackError:
    """Make an error of a request that got no answer."""
    if isinstance(error, requests.exceptions.ProxyError):
        return UnreachableError(url, f"{explain(error)} ({innermost_reason(error)})")
    if isinstance(error, requests.exceptions.SSLError):
        return _encryption_fault(url, explain(error))
    if isinstance(error, requests.exceptions.InvalidSchema) and "SOCKS" in str(error):
        return StackError(
            "the proxy of the environment is a SOCKS proxy, for which a package is missing",
            "pip install pysocks",
        )
    if isinstance(error, (requests.exceptions.ConnectionError, requests.exceptions.Timeout)):
        return UnreachableError(url, explain(error))
    return StackError(f"{shown(url)} can not be asked: {explain(error)}", OTHER_WAYS)


def _encryption_fault(url: str, reason: str) -> StackError:
    if "certificate" in reason.lower():
        return StackError(
            f"the certificate of {shown(url)} is not trusted: {reason}",
            "see whether the clock is right; where a company's proxy signs certificates, name its "
            "own with REQUESTS_CA_BUNDLE=FILE",
        )
    return StackError(
        f"no encrypted connection to {shown(url)}: {reason}",
        f"see whether it should be http:// instead of https://; or {OTHER_WAYS}",
    )


def refusal(url: str, status: int) -> StackError:
    """Make an error of an answer that is not what was asked for."""
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    is_missing = status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
    hint = "check the version, and what the mirror holds" if is_missing else "try again later"
    return StackError(f"{shown(url)} answers {phrase}", f"{hint}; or {OTHER_WAYS}")
