"""Who may see the page where others can reach it: as Grafana has it, with the same password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mephisto_metrics.stack.addresses import is_loopback
from mephisto_metrics.stack.grafana import account
from mephisto_metrics.stack.grafana.options import (
    password_of_environment,
    user_of_environment,
)
from mephisto_metrics.stack.home_faults import explaining_home_faults

if TYPE_CHECKING:
    from mephisto_metrics.stack.grafana.account import Account


def of_page(host: str) -> Account | None:
    """Return the account of a page at `host`; None on loopback, where it asks nobody.

    Raises `StackError` for a password that everybody knows.
    """
    if is_loopback(host):
        return None
    with explaining_home_faults():
        return account.choose(host, user_of_environment(), password_of_environment())


def check(host: str) -> None:
    """Raise `StackError` for a user or a password that can not be used; nothing is generated."""
    account.check(host, user_of_environment(), password_of_environment())


def how_to_log_in(host: str) -> str | None:
    """Return what to tell whoever opens a viewer at `host`; None if it is on loopback."""
    if is_loopback(host):
        return None
    return account.how_to_log_in(host, user_of_environment(), password_of_environment())
