"""What the standard library's TLS needs to serve, and what it says of files that it cannot load."""

from __future__ import annotations

import ssl
from typing import Any, Callable


def _get_ssl_ctx(
    certfile: str,
    keyfile: str,
    protocol: int,
    cafile: str | None = None,
    capath: str | None = None,
    client_auth_required: bool = False,
    tls_min_version: ssl.TLSVersion | None = None,
    tls_max_version: ssl.TLSVersion | None = None,
) -> ssl.SSLContext:
    """Return what a TLS server needs; the error of a file that cannot be loaded names it."""
    context = ssl.SSLContext(protocol=protocol)
    if cafile is None and capath is None:
        authorities = "default CA certificate chain"
        _load(authorities, context.load_default_certs, purpose=ssl.Purpose.CLIENT_AUTH)
    else:
        authorities = f"CA certificate chain from file {cafile!r} or directory {capath!r}"
        _load(authorities, context.load_verify_locations, cafile=cafile, capath=capath)
    if client_auth_required:
        context.verify_mode = ssl.CERT_REQUIRED
    own = f"server certificate file {certfile!r} or its private key file {keyfile!r}"
    _load(own, context.load_cert_chain, certfile=certfile, keyfile=keyfile, password=no_password)
    if tls_min_version is not None:
        context.minimum_version = tls_min_version
    if tls_max_version is not None:
        context.maximum_version = tls_max_version
    return context


def no_password() -> str:
    """Refuse a private key that is encrypted, for which OpenSSL would ask at the terminal."""
    raise OSError(
        "the private key is encrypted, and nobody can be asked for its password; write one that is "
        "not, for yourself alone to read: `openssl pkey -in KEY -out FILE`"
    )


def _load(what: str, load: Callable[..., None], **arguments: Any) -> None:
    try:
        load(**arguments)
    except OSError as error:
        raise type(error)(f"Cannot load {what}: {error}") from error
