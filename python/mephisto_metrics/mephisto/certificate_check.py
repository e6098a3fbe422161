"""Whether whoever trusts a certificate's authority takes it for a name: tried, not read."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from mephisto_metrics.prometheus_client.tls_context import _get_ssl_ctx

if TYPE_CHECKING:
    from pathlib import Path

PARTIAL_CHAIN = 0x80000
"""OpenSSL's flag to trust a certificate itself; Python 3.9 has no name for it."""
MOST_FLIGHTS = 10


def refusal_of(certificate: Path, key: Path, host: str) -> str | None:
    """Return why a client that knows the server as `host` refuses it; None if it does not.

    Raises `OSError` for files that can not be used.
    """
    server = _get_ssl_ctx(str(certificate), str(key), ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(str(certificate))
    client.verify_flags |= PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = (
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    return _failure_of_handshake(sides)


def _failure_of_handshake(sides: tuple[ssl.SSLObject, ...]) -> str | None:
    """Let both sides shake hands in memory; return what the client has against the certificate."""
    for side in sides * MOST_FLIGHTS:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue  # it is the other one's turn
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
    return None
