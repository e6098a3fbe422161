"""All downloads at once, each on a thread; a silent network is noticed from outside of them."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, NamedTuple

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.install.network import UnreachableError
from mephisto_metrics.stack.install.watching import Cancelled, Patience, Watch

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path
    from typing import Callable

    from mephisto_metrics.stack.install.planning import Get

POLL_SECONDS = 0.1
END_SECONDS = 2.0


class Fetched(NamedTuple):
    """An archive on this machine, and the digest that it must have."""

    path: Path
    sha256: str


Result = tuple["Get", "Fetched | StackError"]


def fetch_all(
    steps: Sequence[Get], patience: Patience, work: Callable[[Get, Watch], Fetched]
) -> Generator[Result, None, None]:
    """Do `work` for all steps at once, and give each result as soon as it is there."""
    results: queue.Queue[_Fetch] = queue.Queue()
    waiting = [_Fetch(step, patience, work, results) for step in steps]
    for fetch in waiting:
        fetch.start()
    try:
        while waiting:
            fetch = _next(waiting, results)
            waiting.remove(fetch)
            yield fetch.step, fetch.result()
    finally:
        for fetch in waiting:
            fetch.watch.cancel()
        for fetch in waiting:
            fetch.join(END_SECONDS)


def _next(waiting: Sequence[_Fetch], results: queue.Queue[_Fetch]) -> _Fetch:
    """Wait for the first that has ended, or will not get an answer."""
    while True:
        try:
            fetch = results.get(timeout=POLL_SECONDS)
        except queue.Empty:
            overdue = [fetch for fetch in waiting if fetch.is_overdue()]
            if overdue:
                return overdue[0]
        else:
            if fetch in waiting:
                return fetch


class _Fetch(threading.Thread):
    """One download."""

    def __init__(
        self,
        step: Get,
        patience: Patience,
        work: Callable[[Get, Watch], Fetched],
        results: queue.Queue[_Fetch],
    ) -> None:
        # A thread that waits for a name server must not keep the process from ending.
        super().__init__(name=f"install {step.archive.program}", daemon=True)
        self.step = step
        self.watch = Watch(patience)
        self._work = work
        self._results = results
        self._fetched: Fetched | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Do the work, and say that it is done."""
        try:
            with explaining_home_faults():
                self._fetched = self._work(self.step, self.watch)
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            self._error = error
        self._results.put(self)

    def is_overdue(self) -> bool:
        """Whether nothing answers; then the download is ended."""
        url = self.watch.overdue_url()
        if url is None:
            return False
        self.watch.cancel()
        limit = self.watch.patience.answer_seconds
        self._error = UnreachableError(url, f"no answer within {limit:.0f} s")
        return True

    def result(self) -> Fetched | StackError:
        """Return what came of it; raise what nobody expected."""
        if self._fetched is not None:
            return self._fetched
        if isinstance(self._error, StackError):
            return self._error
        raise self._error or RuntimeError("the download has not ended")
