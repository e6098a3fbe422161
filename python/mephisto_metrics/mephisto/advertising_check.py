"""What the doctor finds of how this machine's Operators are advertised to others."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from mephisto_metrics.mephisto import advertising
from mephisto_metrics.mephisto.advertising import Advertising, AdvertisingError
from mephisto_metrics.prometheus_client.tls_context import _get_ssl_ctx
from mephisto_metrics.stack.doctor.findings import Finding, note, problem, well

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTIAL_CHAIN = 0x80000
"""OpenSSL's flag to trust a certificate itself; Python 3.9 has no name for it."""
MOST_FLIGHTS = 10
NOT_REACHED = "an Operator that is started with these settings is not reached from other machines"


def check() -> Iterator[Finding]:
    """Look at name, certificate, key and token, as far as the environment says anything of them."""
    try:
        wanted = advertising.wanted()
        if wanted is None:
            return
        wanted.starter()
        refusal = _refusal(wanted)
    except (AdvertisingError, OSError) as error:
        yield problem(
            "advertising.unusable",
            f"Operators can not be advertised to other machines: {error}",
            NOT_REACHED,
            f"correct it, or leave {advertising.ADVERTISE_VARIABLE} out",
        )
        return
    if refusal is not None:
        yield _refused(wanted, refusal)
    elif wanted.shortcoming is not None:
        yield _open(wanted.shortcoming)
    else:
        yield well("advertising.well", f"Operators are advertised as {wanted.host}, and safely")


def _refused(wanted: Advertising, refusal: str) -> Finding:
    return problem(
        "advertising.certificate",
        f"other machines will refuse the certificate `{wanted.certificate}`: {refusal}",
        NOT_REACHED,
        f"get one that is valid now, and for the name `{wanted.host}`; Operators read it when they "
        "start",
    )


def _open(shortcoming: str) -> Finding:
    return note(
        "advertising.open",
        f"Operators are advertised to other machines, and {shortcoming}",
        "on a network that nobody else uses that may be as you want it",
        "see `docs/other-machines.md`, which makes certificate and token",
    )


def _refusal(wanted: Advertising) -> str | None:
    """Return why whoever trusts the certificate's authority refuses it; None if nobody does."""
    if wanted.certificate is None or wanted.key is None:
        return None
    certificate = str(wanted.certificate)
    server = _get_ssl_ctx(certificate, str(wanted.key), ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(certificate)
    client.verify_flags |= PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = (
        client.wrap_bio(to_client, to_server, server_hostname=wanted.host),
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
