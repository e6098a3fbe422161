"""The built-in page: served by the process that shows it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import mephisto_metrics
from mephisto_metrics._core import PageServer
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.ports import address_text, is_port_in_use, port_in_use_error
from mephisto_metrics.stack import account
from mephisto_metrics.stack.readiness import is_ready

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mephisto_metrics.stack.grafana.account import Account
    from mephisto_metrics.stack.store_state import StoreState

ALL_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where they can be opened
PACKAGE_FOLDER = Path(mephisto_metrics.__file__).parent


class ServedPage:
    """The page that this process serves."""

    kind = "builtin"
    name = "the page"
    notice = ""

    def __init__(self, server: PageServer) -> None:
        self._server = server
        host, port = server.address
        self.url = f"http://{address_text(ALL_ADDRESSES.get(host, host), port)}"
        self.start_url = self.url
        """What a user opens."""

    def is_ready(self) -> bool:
        """Whether the page and the store behind it answer."""
        return is_ready(self.url)

    def follow(self, store: StoreState) -> None:
        """Show `store` from now on: one that was started again may have another port."""
        self._server.set_store_url(store.url)

    def check(self) -> None:
        """Do nothing: what is served by this process ends with it."""


@contextlib.contextmanager
def serving(store: StoreState, host: str, port: int) -> Iterator[ServedPage]:
    """Serve the page over `store` for as long as the block runs.

    Off loopback it asks for a password. Raises `StackError` if the address can not be bound.
    """
    server = _bind(store, host, port, account.of_page(host))
    try:
        yield ServedPage(server)
    finally:
        server.close()


def _bind(store: StoreState, host: str, port: int, viewers: Account | None) -> PageServer:
    assets = PACKAGE_FOLDER / "web"
    if not (assets / "index.html").is_file():
        raise StackError(
            f"the page is missing from this installation: no `{assets / 'index.html'}`",
            "install a released wheel, or build the page with `make web`",
        )
    try:
        return PageServer(
            assets_directory=assets,
            dashboards_directory=PACKAGE_FOLDER / "dashboards",
            store_url=store.url,
            scrape_interval_seconds=store.scrape_interval_seconds,
            host=host,
            port=port,
            credentials=store.credentials,
            viewers=None if viewers is None else (viewers.user, viewers.password),
        )
    except OSError as error:
        if is_port_in_use(error):
            taken = port_in_use_error(host, port, "the page can not use it")
            hint = "stop that process, or choose another port with `--port` or GRAFANA_PORT"
            raise StackError(str(taken.strerror), hint) from None
        raise StackError(
            f"can not listen on {host}:{port}: {error}", "choose another address"
        ) from None
