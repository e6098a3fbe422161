"""Whether Operators on other machines are found and scraped, by what the store says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mephisto_metrics.stack.doctor.findings import Finding, note, problem, well
from mephisto_metrics.stack.elsewhere import (
    CA_FILE_VARIABLE,
    INSECURE_VARIABLE,
    TOKEN_FILE_VARIABLE,
)
from mephisto_metrics.stack.targets import JOB

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mephisto_metrics.stack.store_state import StoreState

TOKEN_REMEDY = (
    f"let {TOKEN_FILE_VARIABLE} name a file with the token that it was started with "
    f"(`--token-file`); over plain HTTP a token is sent only with {INSECURE_VARIABLE}=1"
)
CERTIFICATE_REMEDY = (
    f"let {CA_FILE_VARIABLE} name the authority of its certificate, which has to be for the name "
    "that it is advertised by, and not expired; then `mephisto metrics cleanup`, so that the store "
    "is started anew with it"
)
REMEDIES = {
    "401": TOKEN_REMEDY,
    "403": TOKEN_REMEDY,
    "certificate": CERTIFICATE_REMEDY,
    "x509": CERTIFICATE_REMEDY,
}
"""By what is in the reason, in lower case."""
ELSE_REMEDY = (
    "see on that machine that it runs (`mephisto metrics doctor` there), and from here that its "
    "name leads to it and no firewall stands between"
)


def check(
    store: StoreState, active: Sequence[dict[str, Any]], here: Collection[str]
) -> Iterator[Finding]:
    """Look at the targets that are not of this home, where the store looks for any.

    `here` are the ids of those that are.
    """
    if not store.elsewhere:
        return
    found = [one for one in active if _is_elsewhere(one["labels"], here)]
    if not found:
        yield _none(store.elsewhere)
    for one in found:
        if one.get("health") == "down":
            yield _not_scraped(one)
    up_count = sum(one.get("health") == "up" for one in found)
    if up_count:
        who = f"{up_count} Operators on other machines are"
        if up_count == 1:
            who = "an Operator on another machine is"
        yield well("operators.elsewhere", f"{who} scraped")


def _is_elsewhere(labels: dict[str, str], here: Collection[str]) -> bool:
    return labels.get("job") == JOB and labels.get("operator") not in here


def _none(sources: Sequence[str]) -> Finding:
    return note(
        "operators.none-elsewhere",
        f"the store looks for Operators on other machines in {', '.join(sources)}, and finds none",
        "none runs there now, or what should name them can not be read",
        "see that they are started with `--advertise`, and what is in these files and lists; the "
        "store's log names what it can not read",
    )


def _not_scraped(target: dict[str, Any]) -> Finding:
    reason = str(target.get("lastError") or "no reason is given")
    address = target["labels"].get("instance", "?")
    remedies = [remedy for sign, remedy in REMEDIES.items() if sign in reason.lower()]
    return problem(
        "operators.elsewhere-not-scraped",
        f"the Operator at {address}, on another machine, can not be scraped: {reason}",
        "the store asks it for its numbers again and again, and does not get them",
        remedies[0] if remedies else ELSE_REMEDY,
    )
