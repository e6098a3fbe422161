"""What a store is started with after one that has ended without being told to.

Such a one leaves its state file behind. What is not set for the next is taken over from there, so
what a user has once set holds, whoever starts the store again.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, NamedTuple

from mephisto_metrics.stack import elsewhere, programs, settings
from mephisto_metrics.stack.processes import FILE_ENDING
from mephisto_metrics.stack.store_settings import GROUPS, StoreSettings, set_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mephisto_metrics.stack.state import PartState

logger = logging.getLogger(__name__)


class Start(NamedTuple):
    """What a store is started with."""

    kind: str
    """`builtin` or `prometheus`."""
    environment: dict[str, str]


def next_start(left_behind: PartState | None, *, as_it_was: bool) -> Start:
    """Return what to start a store with, after the one that is left behind, if there is one.

    What this process's environment sets goes first, unless all is to be `as_it_was`.
    """
    sources = elsewhere.joined(elsewhere.elsewhere().sources)
    environment = {**os.environ, elsewhere.TARGETS_VARIABLE: sources}
    usual_kind = settings.local_store()
    if left_behind is None:
        return Start(usual_kind, environment)
    kind = _kind_after(left_behind, usual_kind, as_it_was)
    takeover = _Takeover(left_behind.started_with, environment)
    for group in GROUPS:
        if as_it_was or takeover.agrees_with(group):
            takeover.take(group)
    takeover.tell(left_behind, [f"kind, {kind}"] if kind != usual_kind else [])
    return Start(kind, environment)


def _kind_after(left_behind: PartState, usual_kind: str, as_it_was: bool) -> str:
    is_own_choice = settings.store() in settings.LOCAL_STORES and not as_it_was
    can_be_had = left_behind.kind in ("builtin", programs.installed_store())
    return left_behind.kind if can_be_had and not is_own_choice else usual_kind


class _Takeover:
    """Puts into an environment what the store before had.

    Group by group, because credentials are for the address that they were set with.
    """

    def __init__(self, before: StoreSettings, environment: dict[str, str]) -> None:
        self._own = set_in(environment)
        self._before = before
        self._environment = environment
        self._taken: list[str] = []
        self._left_out: list[str] = []

    def agrees_with(self, group: Sequence[str]) -> bool:
        """Whether nothing is set here that the store before had not."""
        own = {name: text for name, text in self._own.items() if name in group}
        return group[0] not in own or own.items() <= self._before.items()

    def take(self, group: Sequence[str]) -> None:
        """Replace a group by that of the store before, unless something of it is missing here."""
        here = {name: self._environment.pop(name, "") for name in group}
        if group[0] not in self._before:
            return
        known = {name: self._before[name] for name in group if name in self._before}
        values = {name: here[name] if text is None else text for name, text in known.items()}
        reasons = [_why_missing(name, text) for name, text in values.items()]
        missing = [reason for reason in reasons if reason is not None]
        if missing:
            self._left_out.append(f"{group[0]}: {' and '.join(missing)}")
            return
        self._environment.update(values)
        self._taken += [name for name, text in known.items() if text != self._own.get(name)]

    def tell(self, before: PartState, more: list[str]) -> None:
        """Log what was taken over, and what could not be."""
        ended = f"the store has ended without being told to (PID {before.pid}) and is started again"
        if more or self._taken:
            logger.warning("%s with its %s", ended, ", ".join([*more, *self._taken]))
        for reason in self._left_out:
            logger.warning("%s without its %s", ended, reason)


def _why_missing(variable: str, value: str) -> str | None:
    if not value:
        return f"{variable} is not set here, and a secret is kept nowhere but in {variable}_FILE"
    if variable.endswith(FILE_ENDING) and not os.access(value, os.R_OK):
        return f"`{value}` can not be read"
    return None
