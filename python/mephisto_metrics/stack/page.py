"""The built-in page: served by the process that shows it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import mephisto_metrics
from mephisto_metrics import places
from mephisto_metrics._core import PageServer
from mephisto_metrics.ports import address_text, is_port_in_use, port_in_use_error
from mephisto_metrics.stack.errors import StackError, explaining_home_faults
from mephisto_metrics.stack.state import PartState, read_state, remove_own_state, write_state

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE_FOLDER = Path(mephisto_metrics.__file__).parent


def state_path() -> Path:
    """Return where the page says that it runs."""
    return places.state_folder() / "page.json"


def running() -> PartState | None:
    """Return the page that is served for this home; None if there is none."""
    return read_state(state_path())


class ServedPage(NamedTuple):
    """The page that this process serves."""

    url: str
    server: PageServer

    def follow(self, store: PartState) -> None:
        """Show `store` from now on: one that was started again may have another port."""
        self.server.set_store_url(store.url)


@contextlib.contextmanager
def serving(store: PartState, host: str, port: int) -> Iterator[ServedPage]:
    """Serve the page over `store` for as long as the block runs.

    Raises `StackError` if the address can not be bound.
    """
    server = _bind(store, host, port)
    url = f"http://{address_text(*server.address)}"
    try:
        with explaining_home_faults():
            write_state(state_path(), url, store.scrape_interval_seconds)
        yield ServedPage(url, server)
    finally:
        server.close()
        remove_own_state(state_path())


def _bind(store: PartState, host: str, port: int) -> PageServer:
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
        )
    except OSError as error:
        if is_port_in_use(error):
            taken = port_in_use_error(host, port, "the page can not use it")
            hint = "stop that process, or choose another port with `--port` or GRAFANA_PORT"
            raise StackError(str(taken.strerror), hint) from None
        raise StackError(
            f"can not listen on {host}:{port}: {error}", "choose another address"
        ) from None
