"""Addresses that Prometheus shows to every user of the machine: in its log, metrics and API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import has_query, shown
from mephisto_metrics.stack.credentials import PREFIX
from mephisto_metrics.stack.elsewhere import TARGETS_VARIABLE
from mephisto_metrics.stack.remote import URL_VARIABLE

if TYPE_CHECKING:
    from mephisto_metrics.stack.elsewhere import Elsewhere
    from mephisto_metrics.stack.remote import RemoteWrite


def check_addresses(remote_write: RemoteWrite | None, found: Elsewhere) -> None:
    """Raise `StackError` for an address with a query, where a token may be."""
    if remote_write is not None and has_query(remote_write.url):
        raise _shown_whole(URL_VARIABLE, remote_write.url, f"put a token into {PREFIX}TOKEN_FILE")
    for address in filter(has_query, found.lists):
        raise _shown_whole(TARGETS_VARIABLE, address, "write the list to a file from time to time")


def _shown_whole(variable: str, address: str, way_out: str) -> StackError:
    return StackError(
        f"{variable} names `{shown(address)}` with a `?` or `#` after it, and what stands there "
        "Prometheus shows to everybody on this machine",
        f"leave that out and {way_out}, or use the built-in store, which does not show it: "
        "`--store builtin`",
    )
