"""What the environment sets: one function for each variable that a part reads.

The options of the command line set these variables, so that every process that is started from
there finds them too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import programs
from mephisto_metrics.stack.addresses import has_credentials, has_query, is_web_address, shown
from mephisto_metrics.stack.credentials import readable_credentials
from mephisto_metrics.stack.elsewhere import elsewhere
from mephisto_metrics.stack.proxies import proxy_for
from mephisto_metrics.stack.public_addresses import check_addresses
from mephisto_metrics.stack.remote import remote_write_wanted
from mephisto_metrics.stack.retention import parse_retention
from mephisto_metrics.stack.variables import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STORE_VARIABLE = "MEPHISTO_METRICS_STORE"
VIEWER_VARIABLE = "MEPHISTO_METRICS_VIEWER"
RETENTION_VARIABLE = "MEPHISTO_METRICS_RETENTION"
SCRAPE_INTERVAL_VARIABLE = "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS"
STORE_PORT_VARIABLE = "PROMETHEUS_PORT"
VIEWER_PORT_VARIABLE = "GRAFANA_PORT"
VIEWER_HOST_VARIABLE = "GRAFANA_HOST"

AUTO = "auto"
LOCAL_STORES = ("prometheus", "builtin")
STORES = (AUTO, *LOCAL_STORES)
VIEWERS = (AUTO, "grafana", "builtin")

DEFAULT_STORE_PORT = 9090
DEFAULT_VIEWER_PORT = 3032
DEFAULT_RETENTION = "15d"
DEFAULT_VIEWER_HOST = "127.0.0.1"
DEFAULT_SCRAPE_INTERVAL_SECONDS = 5.0
SHORTEST_SCRAPE_INTERVAL_SECONDS = 0.001
"""Prometheus counts in milliseconds."""
LONGEST_SCRAPE_INTERVAL_SECONDS = 3600.0
HIGHEST_PORT = 65535


def set_variables(options: dict[str, str | None]) -> None:
    """Let this process, and every one that is started from it, find what was given as options."""
    os.environ.update({name: value for name, value in options.items() if value is not None})


def check() -> None:
    """Raise a `StackError` if any setting can not be used."""
    for read in readers():
        read()


def check_store() -> None:
    """Raise a `StackError` if any setting of a store can not be used."""
    for read in _store_readers():
        read()


def readers() -> tuple[Callable[[], object], ...]:
    """Return what reads a setting each, and raises `StackError` if that is wrong."""
    return (*_store_readers(), _addresses_that_are_shown, readable_credentials, viewer, viewer_port)


def _store_readers() -> tuple[Callable[[], object], ...]:
    return (
        store,
        store_port,
        retention,
        scrape_interval_seconds,
        remote_write_wanted,
        elsewhere,
    )


def store() -> str:
    """Return which store is wanted: `auto`, `prometheus`, `builtin`, or the URL of a remote one."""
    text = text_of(STORE_VARIABLE)
    if is_web_address(text):
        _check_address(text)
        proxy_for(text)  # raises for a proxy that could not be used
        return text.rstrip("/")
    return _one_of(STORE_VARIABLE, STORES, "or the URL of a store, such as http://host:9090")


def _check_address(url: str) -> None:
    """Raise `StackError` for what an address of a store must not have: it is shown everywhere."""
    if has_credentials(url):
        raise StackError(
            f"{STORE_VARIABLE} holds credentials, which others would see",
            "leave them out of the address, and set MEPHISTO_METRICS_REMOTE_USER and "
            "MEPHISTO_METRICS_REMOTE_PASSWORD_FILE",
        )
    if has_query(url):
        raise StackError(
            f"{STORE_VARIABLE} is {shown(url)!r} with a `?` or `#` after it, where queries go",
            "leave that out; a token goes into MEPHISTO_METRICS_REMOTE_TOKEN_FILE",
        )


def local_store() -> str:
    """Return which kind a local store is to be: `prometheus` or `builtin`."""
    wanted = store()
    return wanted if wanted in LOCAL_STORES else programs.installed_store()


def _addresses_that_are_shown() -> None:
    receiver = remote_write_wanted()
    is_one_started = store() in STORES or receiver is not None
    if is_one_started and local_store() == "prometheus":
        check_addresses(receiver, elsewhere())


def viewer() -> str:
    """Return which viewer is wanted: `auto`, `grafana` or `builtin`."""
    return _one_of(VIEWER_VARIABLE, VIEWERS, "")


def retention() -> str:
    """Return how long samples are kept, `$MEPHISTO_METRICS_RETENTION`; by default for 15 days."""
    text = text_of(RETENTION_VARIABLE) or DEFAULT_RETENTION
    try:
        parse_retention(text)
    except ValueError as error:
        raise StackError(
            f"{RETENTION_VARIABLE} is {text!r}, which is no retention: {error}",
            "set it to a time such as 15d, a size such as 10GB, or both: 15d,10GB",
        ) from None
    return text


def store_port() -> int:
    """Return the port for the store: `PROMETHEUS_PORT`, by default 9090; 0 is any free one."""
    return _port(STORE_PORT_VARIABLE, DEFAULT_STORE_PORT)


def viewer_port() -> int:
    """Return the port for the viewer: `GRAFANA_PORT`, by default 3032; 0 is any free one."""
    return _port(VIEWER_PORT_VARIABLE, DEFAULT_VIEWER_PORT)


def viewer_host() -> str:
    """Return the address that the viewer listens on: `GRAFANA_HOST`, by default 127.0.0.1.

    Mephisto's own default, `localhost`, is the same: not all systems know that name.
    """
    host = text_of(VIEWER_HOST_VARIABLE)
    return DEFAULT_VIEWER_HOST if host in {"", "localhost"} else host


def scrape_interval_seconds() -> float:
    """Return how often the store scrapes: `$MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS`, or 5."""
    text = text_of(SCRAPE_INTERVAL_VARIABLE)
    if not text:
        return DEFAULT_SCRAPE_INTERVAL_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SHORTEST_SCRAPE_INTERVAL_SECONDS <= seconds <= LONGEST_SCRAPE_INTERVAL_SECONDS:
        raise StackError(
            f"{SCRAPE_INTERVAL_VARIABLE} is {text!r}, which is no interval",
            f"set it to seconds, from {SHORTEST_SCRAPE_INTERVAL_SECONDS} to "
            f"{LONGEST_SCRAPE_INTERVAL_SECONDS:.0f}",
        )
    return seconds


def _one_of(variable: str, known: Sequence[str], or_else: str) -> str:
    text = text_of(variable) or AUTO
    if text not in known:
        expected = " ".join(filter(None, (", ".join(known), or_else)))
        raise StackError(
            f"{variable} is {shown(text)!r}, which is not known", f"set it to: {expected}"
        )
    return text


def _port(variable: str, default: int) -> int:
    text = text_of(variable)
    if not text:
        return default
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise StackError(
            f"{variable} is {text!r}, which is not a port",
            f"set it to a number from 0 to {HIGHEST_PORT}, or leave it out for {default}",
        )
    return int(text)
