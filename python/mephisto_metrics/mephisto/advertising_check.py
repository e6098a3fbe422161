"""What the doctor finds of how this machine's Operators are advertised to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mephisto_metrics.mephisto import advertising
from mephisto_metrics.mephisto.advertising import Advertising, AdvertisingError
from mephisto_metrics.stack.doctor.findings import Finding, note, problem, well

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_REACHED = "an Operator that is started with these settings is not reached from other machines"


def check() -> Iterator[Finding]:
    """Look at name, certificate, key and token, as far as the environment says anything of them."""
    try:
        wanted = advertising.wanted()
        if wanted is None:
            return
        wanted.starter()
        refusal = wanted.refusal()
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
        refusal,
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
