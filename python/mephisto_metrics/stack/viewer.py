"""The viewer: the built-in page, or a Grafana under this process."""

from __future__ import annotations

import contextlib
import time
import urllib.parse
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Protocol

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import grafana, page, programs, settings
from mephisto_metrics.stack.grafana.options import (
    password_of_environment,
    user_of_environment,
)
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.supervision import Supervised, stop_left_behind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mephisto_metrics.stack.programs import InstalledProgram
    from mephisto_metrics.stack.store_state import StoreState


class ServedViewer(Protocol):
    """What a view shows, for as long as it does."""

    kind: str
    name: str
    """For people."""
    url: str
    start_url: str
    """What a user opens: the default dashboard."""
    notice: str
    """What a user must know to see it; may be empty."""

    def is_ready(self) -> bool:
        """Whether it shows the store's data, which is more than that it answers."""

    def follow(self, store: StoreState) -> None:
        """Show `store` from now on."""

    def check(self) -> None:
        """Keep it running; to be called every second or so. `StackError` if that is given up."""


def kind_to_show() -> str:
    """Return which viewer is shown: what is wanted, by default Grafana if it is installed."""
    wanted = settings.viewer()
    if wanted != settings.AUTO:
        return wanted
    return "builtin" if programs.installed("grafana") is None else "grafana"


def serving(
    store: StoreState, host: str, port: int, say: Callable[[str], None]
) -> contextlib.AbstractContextManager[ServedViewer]:
    """Serve the viewer that is wanted for as long as the block runs.

    Raises `StackError` if it can not be started.
    """
    if kind_to_show() == "grafana":
        return _serving_grafana(store, host, port, say)
    return page.serving(store, host, port)


READY_FOR_SECONDS = 10.0


class ServedGrafana:
    """A Grafana that this process keeps running."""

    kind = "grafana"
    name = "Grafana"

    def __init__(
        self,
        installed: InstalledProgram,
        options: grafana.GrafanaOptions,
        say: Callable[[str], None],
    ) -> None:
        self._installed = installed
        self._options = options
        self._was_ready = False
        self._asked_again_at_seconds = 0.0
        program = grafana.prepare(installed, options)
        self._supervised = Supervised(program, say)
        self._supervised.start()
        self.url = program.url
        self.start_url = grafana.default_dashboard_url(program.url)
        options = self._options
        self.notice = grafana.how_to_log_in(options.host, options.user, options.password)

    def is_ready(self) -> bool:
        """Whether Grafana answers, and its data source does; asked no more than every ten seconds.

        Each time takes a login and a query.
        """
        if not self._supervised.is_running:
            self._asked_again_at_seconds = 0.0
            return False
        now_seconds = time.monotonic()
        if now_seconds >= self._asked_again_at_seconds:
            self._was_ready = self._supervised.program.is_ready()
            self._asked_again_at_seconds = now_seconds + READY_FOR_SECONDS * self._was_ready
        return self._was_ready

    def follow(self, store: StoreState) -> None:
        """Show `store`: at another address Grafana has to be started again with that.

        Nobody waits until it is ready: whoever calls this looks after the store as well.
        """
        if store.url == self._options.store_url:
            return
        self.stop()
        # At the same address as before, where people look.
        port = urllib.parse.urlsplit(self.url).port or 0
        self._options = replace(self._options, store_url=store.url, port=port)
        self._supervised.replace(grafana.prepare(self._installed, self._options))
        self._asked_again_at_seconds = 0.0

    def check(self) -> None:
        """Start Grafana again if it has ended; `StackError` if it ended too often in a row."""
        self._supervised.check()

    def stop(self) -> None:
        """End Grafana."""
        self._supervised.stop()


@contextlib.contextmanager
def _serving_grafana(
    store: StoreState, host: str, port: int, say: Callable[[str], None]
) -> Iterator[ServedGrafana]:
    program = programs.installed("grafana")
    if program is None:
        raise StackError(
            "Grafana is wanted as the viewer, and none is installed",
            "run `mephisto metrics install --only grafana`, or use the built-in page: "
            "`--viewer builtin`",
        )
    options = grafana.GrafanaOptions(
        host=host,
        port=port,
        user=user_of_environment(),
        password=password_of_environment(),
        store_url=store.url,
        scrape_interval_seconds=store.scrape_interval_seconds,
        credentials=store.credentials,
    )
    with _only_one():
        stop_left_behind(grafana.state_path())
        served = ServedGrafana(program, options, say)
        try:
            yield served
        finally:
            served.stop()


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Let no other view of this home run a Grafana meanwhile: they would share one database."""
    from filelock import FileLock, Timeout

    with explaining_home_faults():
        places.state_folder().mkdir(parents=True, exist_ok=True)
        lock = FileLock(places.state_folder() / "grafana.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StackError(
                "another view of this home runs its Grafana already",
                "look at that one, or show the built-in page beside it: `--viewer builtin`",
            ) from None
    try:
        yield
    finally:
        lock.release()
