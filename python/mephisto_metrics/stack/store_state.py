"""A store that can be asked, local or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.elsewhere import TARGETS_VARIABLE, separated
from mephisto_metrics.stack.settings import DEFAULT_SCRAPE_INTERVAL_SECONDS

if TYPE_CHECKING:
    from mephisto_metrics.stack.credentials import Credentials
    from mephisto_metrics.stack.state import PartState
    from mephisto_metrics.stack.store_settings import StoreSettings

NAMES = {
    "builtin": "the built-in store",
    "prometheus": "Prometheus",
    "remote": "the remote store",
}


@dataclass(frozen=True)
class StoreState:
    """A store that can be asked."""

    kind: str
    """`builtin`, `prometheus` or `remote`."""
    url: str
    """Where its HTTP API is, without `/api/v1`."""
    scrape_interval_seconds: float
    pid: int | None
    """Of the process that keeps it; None of a remote one."""
    credentials: Credentials | None = None
    """As whom a remote one is asked."""
    started_with: StoreSettings = field(default_factory=dict)
    """What was set for a local one."""

    @classmethod
    def of(cls, state: PartState) -> StoreState:
        """Return a local store as its file has it."""
        interval = state.scrape_interval_seconds or DEFAULT_SCRAPE_INTERVAL_SECONDS
        started_with = dict(state.started_with)
        return cls(state.kind, state.url, interval, state.pid, started_with=started_with)

    @property
    def name(self) -> str:
        """What it is, for people."""
        return NAMES[self.kind]

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Where a local one learns of Operators on other machines, as it may be shown."""
        sources = self.started_with.get(TARGETS_VARIABLE) or ""
        return tuple(map(shown, separated(sources)))
