"""What is told to end is told once: what it does then is not interrupted."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from mephisto_metrics.cli import showing
from mephisto_metrics.cli.ending import ending_in_order

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("first", NUMBERS)
def test_a_signal_ends_what_runs_and_no_other_one_disturbs_that(first: signal.Signals) -> None:
    with ending_in_order(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), first)
    for number in NUMBERS:
        os.kill(os.getpid(), number)


def test_what_ends_by_itself_is_not_disturbed_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "_look_after", lambda *_: [])
    ended = threading.Event()
    ended.set()
    with ending_in_order():
        showing.wait_for_end(None, ended)  # type: ignore[arg-type] - nothing is looked after
        for number in NUMBERS:
            os.kill(os.getpid(), number)


def test_a_hangup_that_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ending_in_order():
        os.kill(os.getpid(), signal.SIGHUP)
