"""Whether the store that runs is the one that is wanted here: it goes on as it was started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import elsewhere, remote, settings
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.retention import parse_retention
from mephisto_metrics.stack.store_settings import StoreSettings, set_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mephisto_metrics.stack.store_state import StoreState


def check(store: StoreState) -> None:
    """Raise `StackError` if a view over `store` would not show what it is meant to."""
    wanted = settings.store()
    if wanted in settings.LOCAL_STORES and store.kind != wanted:
        raise StackError(
            f"the store that runs (PID {store.pid}) is {store.kind}, not {wanted}",
            "end it with `mephisto metrics cleanup`, or use it: leave out `--store`",
        )
    looked_in = elsewhere.separated(store.started_with.get(elsewhere.TARGETS_VARIABLE) or "")
    missing = [one for one in elsewhere.elsewhere().sources if one not in looked_in]
    if missing:
        raise StackError(
            f"the store that runs (PID {store.pid}) does not look for Operators in "
            f"{shown(missing[0])}",
            "end it with `mephisto metrics cleanup`, then try again",
        )


def differences(store: StoreState) -> Iterator[str]:
    """Give what else is set here and otherwise there, as `keeps samples for 15d, not for 30d`."""
    own = set_in(os.environ)
    for variable, compare in COMPARED.items():
        if variable in own:
            yield from compare(own, store)


def _retention(_: StoreSettings, store: StoreState) -> Iterator[str]:
    kept = store.started_with.get(settings.RETENTION_VARIABLE) or settings.DEFAULT_RETENTION
    wanted = settings.retention()
    if parse_retention(kept) != parse_retention(wanted):
        yield f"keeps samples for {kept}, not for {wanted}"


def _interval(_: StoreSettings, store: StoreState) -> Iterator[str]:
    seconds, wanted_seconds = store.scrape_interval_seconds, settings.scrape_interval_seconds()
    if seconds != wanted_seconds:
        yield f"scrapes every {seconds:g} s, not every {wanted_seconds:g} s"


def _port(_: StoreSettings, store: StoreState) -> Iterator[str]:
    any_free = 0
    if settings.store_port() not in {any_free, urlsplit(store.url).port}:
        yield f"is at {store.url}, not at port {settings.store_port()}"


def _receiver(own: StoreSettings, store: StoreState) -> Iterator[str]:
    receiver = store.started_with.get(remote.URL_VARIABLE)
    if receiver == own[remote.URL_VARIABLE]:
        yield from _what_belongs_to_it(remote.VARIABLES, own, store)
    else:
        wanted = own[remote.URL_VARIABLE]
        yield f"sends its samples to {_address(receiver)}, not to {_address(wanted)}"


def _address(url: str | None) -> str:
    return shown(url) if url else "nobody"


def _targets(own: StoreSettings, store: StoreState) -> Iterator[str]:
    yield from _what_belongs_to_it(elsewhere.VARIABLES, own, store)


def _what_belongs_to_it(
    group: Sequence[str], own: StoreSettings, store: StoreState
) -> Iterator[str]:
    for name in (name for name in group[1:] if name in own):
        its, wanted = _with(name, store.started_with), _with(name, own)
        if its != wanted:
            yield f"was started {its}, not {wanted}"


def _with(name: str, known: StoreSettings) -> str:
    if name not in known:
        return f"without {name}"
    return f"with {name}" if known[name] is None else f"with {name}={known[name]}"


COMPARED = {
    settings.RETENTION_VARIABLE: _retention,
    settings.SCRAPE_INTERVAL_VARIABLE: _interval,
    settings.STORE_PORT_VARIABLE: _port,
    remote.URL_VARIABLE: _receiver,
    elsewhere.TARGETS_VARIABLE: _targets,
}
"""What tells the differences, where the variable is set."""
