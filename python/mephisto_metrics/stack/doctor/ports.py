"""Whether the ports that parts want are free for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mephisto_metrics.machine import ports
from mephisto_metrics.stack import settings, store, viewers
from mephisto_metrics.stack.doctor.findings import Finding, problem, well

if TYPE_CHECKING:
    from collections.abc import Iterator

STORE_HOST = "127.0.0.1"


def check() -> Iterator[Finding]:
    """Look at the port of each part that does not run: those that run have one."""
    taken = [finding for finding in (_of_the_store(), _of_the_viewer()) if finding is not None]
    yield from taken
    if not taken:
        yield well("ports.well", "no other program is in the way of the store or the viewer")


def _of_the_store() -> Finding | None:
    if store.asked() is not None:
        return None
    return _taken(
        STORE_HOST,
        settings.store_port(),
        "the store",
        "the store, which collects and keeps all numbers, can not start: nothing is recorded",
        settings.STORE_PORT_VARIABLE,
    )


def _of_the_viewer() -> Finding | None:
    if any(viewers.read(path) for path in viewers.viewers_folder().glob("*.json")):
        return None
    return _taken(
        settings.viewer_host(),
        settings.viewer_port(),
        "the viewer",
        "`mephisto metrics view` can not show anything there; what is recorded is not touched",
        settings.VIEWER_PORT_VARIABLE,
    )


def _taken(host: str, port: int, part: str, meaning: str, variable: str) -> Finding | None:
    try:
        ports.check_is_free(host, port, "")
    except OSError as error:
        if not ports.is_port_in_use(error):
            return problem(
                "ports.unusable",
                f"port {port} on {host}, which {part} wants, can not be used: {error.strerror}",
                meaning,
                "choose another address",
                f"export {variable}=0",
            )
        holder = ports.describe_holder(port) or "a program that can not be named"
        return problem(
            "ports.taken",
            f"port {port} on {host}, which {part} wants, is used by {holder}",
            meaning,
            f"end that program, or let {part} take any free port",
            f"export {variable}=0",
        )
    return None
