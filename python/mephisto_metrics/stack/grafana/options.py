"""What the user decides about the Grafana that is started here."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mephisto_metrics.stack.credentials import Credentials

DEFAULT_USER = "admin"
DEFAULT_PASSWORD = "admin"  # noqa: S105 - Mephisto's guide has it, and it is refused off loopback


@dataclass(frozen=True)
class GrafanaOptions:
    """How Grafana is reached, by whom, and which store it shows."""

    host: str
    port: int
    """0 is any free one."""
    user: str
    password: str | None = field(repr=False)
    """None: `admin`, as the guide says; off loopback one that is generated."""
    store_url: str
    scrape_interval_seconds: float
    credentials: Credentials | None = None
    """As whom a store elsewhere is asked."""

    @property
    def local_host(self) -> str:
        """The address by which this machine reaches it."""
        all_addresses = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
        return all_addresses.get(self.host, self.host)


def user_of_environment() -> str:
    """Return `$GRAFANA_USER`, by default `admin`."""
    return os.environ.get("GRAFANA_USER", "").strip() or DEFAULT_USER


def password_of_environment() -> str | None:
    """Return `$GRAFANA_PASSWORD`; None where it is not set."""
    return os.environ.get("GRAFANA_PASSWORD") or None
