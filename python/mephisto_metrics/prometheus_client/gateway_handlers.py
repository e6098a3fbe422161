"""How a request reaches a Pushgateway: plainly, by name and password, by certificate."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Sequence
from typing import IO, Any, Callable
from urllib.error import HTTPError
from urllib.request import (
    BaseHandler,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

from mephisto_metrics.prometheus_client.tls_context import no_password

Header = tuple[str, Any]
Send = Callable[[], None]
"""Carries out one request; `OSError` if that fails."""

FIRST_ERROR_STATUS = 400

REDIRECTS = {
    "GET": (301, 302, 303, 307),
    "HEAD": (301, 302, 303, 307),
    "POST": (301, 302, 303),
    "PUT": (301, 302, 303),
}
"""Which redirects are followed, by method."""


def default_handler(
    url: str, method: str, timeout: float | None, headers: list[Header], data: bytes
) -> Send:
    """Return what carries out a request over HTTP or HTTPS."""
    return _make_handler(url, method, timeout, headers, data, HTTPHandler)


def passthrough_redirect_handler(
    url: str, method: str, timeout: float | None, headers: list[Header], data: bytes
) -> Send:
    """Return what carries out a request and repeats it, data and all, where it is redirected to.

    For Pushgateways whose redirects are to be trusted with the data.
    """
    return _make_handler(url, method, timeout, headers, data, _PrometheusRedirectHandler)


def basic_auth_handler(
    url: str,
    method: str,
    timeout: float | None,
    headers: list[Header],
    data: bytes,
    username: str | None = None,
    password: str | None = None,
) -> Send:
    """Return what carries out a request with a name and a password, if both are given."""

    def handle() -> None:
        if username is not None and password is not None:
            token = base64.b64encode(f"{username}:{password}".encode())
            headers.append(("Authorization", b"Basic " + token))
        default_handler(url, method, timeout, headers, data)()

    return handle


def tls_auth_handler(
    url: str,
    method: str,
    timeout: float | None,
    headers: list[Header],
    data: bytes,
    certfile: str,
    keyfile: str,
    cafile: str | None = None,
    protocol: int = ssl.PROTOCOL_TLS_CLIENT,
    insecure_skip_verify: bool = False,
) -> Send:
    """Return what carries out a request over TLS, showing a certificate of the client.

    The server's certificate is checked against `cafile`, by default the system's authorities,
    unless `insecure_skip_verify`.
    """
    context = ssl.SSLContext(protocol=protocol)
    if cafile is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(cafile)
    if insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(certfile=certfile, keyfile=keyfile, password=no_password)
    return _make_handler(url, method, timeout, headers, data, HTTPSHandler(context=context))


class _PrometheusRedirectHandler(HTTPRedirectHandler):
    """Repeats the request as it was, where the standard library would drop its method and data."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        """Return the same request for `newurl`; `HTTPError` for a redirect not to be followed."""
        method = getattr(req, "method", None) or req.get_method()
        if code not in REDIRECTS.get(method, ()):
            raise HTTPError(req.full_url, code, msg, headers, fp)
        return Request(  # noqa: S310 - the user chose the handler that trusts redirects
            newurl.replace(" ", "%20"),
            data=req.data,
            headers=req.headers,
            origin_req_host=req.origin_req_host,
            unverifiable=True,
            method=method,
        )


def _make_handler(
    url: str,
    method: str,
    timeout: float | None,
    headers: Sequence[Header],
    data: bytes,
    base_handler: BaseHandler | type[BaseHandler],
) -> Send:
    def handle() -> None:
        request = Request(url, data=data, method=method)  # noqa: S310 - the user's own gateway
        for name, value in headers:
            request.add_header(name, value)
        response = build_opener(base_handler).open(request, timeout=timeout)
        if response.code >= FIRST_ERROR_STATUS:
            raise OSError(f"error talking to pushgateway: {response.code} {response.msg}")

    return handle
