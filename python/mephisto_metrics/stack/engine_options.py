"""How a store works, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mephisto_metrics.stack.elsewhere import NOWHERE, Elsewhere

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.remote import RemoteWrite
    from mephisto_metrics.stack.retention import Retention
    from mephisto_metrics.stack.store_settings import StoreSettings


@dataclass(frozen=True)
class EngineOptions:
    """What a store is started with."""

    port: int
    """0 for any free one."""
    scrape_interval_seconds: float
    retention: Retention
    remote_write: RemoteWrite | None = None
    """Who is sent all samples too."""
    elsewhere: Elsewhere = NOWHERE
    """The targets on other machines."""
    rules: tuple[Path, ...] = ()
    """In place of those of the package and the home, if there are any."""
    started_with: StoreSettings = field(default_factory=dict)
    """What of this was set, for whoever compares it or starts the store again."""
