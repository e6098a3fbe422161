"""Signals that end what is shown: the first one ends it in order, and no other one disturbs that.

To end all may take some seconds. Who is interrupted at it would leave behind what has a session of
its own: a store, a Grafana, a demo's Operator.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """Let SIGTERM, and the SIGHUP of a closed terminal, end the block as Ctrl-C does.

    A SIGHUP that is ignored, as under `nohup`, stays so.
    """
    for number in _numbers():
        if number.name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        # At its end the interpreter forgets handlers, and a signal could still change the status.
        _answer_by(signal.SIG_IGN)


def stay_undisturbed() -> None:
    """Let no signal interrupt this process any more, where one would have ended it in order."""
    # Not `SIG_IGN`: of a signal that has come already, Python would say that it is ignored.
    _answer_by(_do_nothing)


def _answer_by(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in _numbers():
        if signal.getsignal(number) in (_interrupt, _do_nothing):
            signal.signal(number, handler)


def _numbers() -> list[signal.Signals]:
    return [number for number in signal.Signals if number.name in {"SIGINT", "SIGTERM", "SIGHUP"}]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    stay_undisturbed()
    raise KeyboardInterrupt


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    pass
