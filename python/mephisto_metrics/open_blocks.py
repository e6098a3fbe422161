"""The blocks of one `timed` object that are under way, and which of them is left."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from mephisto_metrics._core import Timer

    Place = tuple[int, int]
    """A frame and its code, by identity: the frame itself would keep all of its locals alive, and
    once it is gone another one may have its identity, but hardly with the same code."""

# The blocks that this thread or task has entered, innermost last, each beside all that are open of
# the same object.
_entered: contextvars.ContextVar[tuple[tuple[dict[Timer, Place], Timer], ...]] = (
    contextvars.ContextVar("mephisto_metrics_entered", default=())
)


class OpenBlocks:
    """Finds, for who leaves a block, the one that was entered there.

    A `with` statement leaves a block in the frame in which it entered it, in whichever thread, task
    or context that frame goes on. Who enters and leaves by other means, as an `ExitStack`, does so
    mostly in one context. Beyond that nothing is known, and the latest is taken: each time that is
    left is then still observed once, and their sum is right.

    There is no lock, because the garbage collector may close a generator, and so leave a block,
    at any moment. Each step is one that no thread can interrupt: who takes a timer out of `_open`
    has it. Between the steps a place can be forgotten that another thread has just found, which is
    why `_by_place` may lack a timer, and then the latest is taken; it never keeps one.
    """

    def __init__(self) -> None:
        self._open: dict[Timer, Place] = {}
        self._by_place: dict[Place, dict[Timer, None]] = {}

    def enter(self, frame: FrameType, timer: Timer) -> None:
        """Note that `frame` enters a block, which `timer` times."""
        place = id(frame), id(frame.f_code)
        # In this order: whoever takes it from `_open` finds it here to forget it.
        self._by_place.setdefault(place, {})[timer] = None
        self._open[timer] = place
        _entered.set((*_still_open(), (self._open, timer)))

    def leave(self, frame: FrameType) -> Timer:
        """Return what times the block that `frame` leaves; `RuntimeError` if none is open."""
        here = self._by_place.get((id(frame), id(frame.f_code)), ())
        timer = self._take_last(here) or self._take_last(self._likeliest_last())
        if timer is None:
            raise RuntimeError("a timed block is left that was not entered: use `with timed(...):`")
        _entered.set(_still_open())
        return timer

    def _likeliest_last(self) -> list[Timer]:
        return [*self._open, *[timer for among, timer in _entered.get() if among is self._open]]

    def _take_last(self, timers: Iterable[Timer]) -> Timer | None:
        for timer in reversed(tuple(timers)):
            place = self._open.pop(timer, None)
            if place is not None:
                self._forget(timer, place)
                return timer
        return None

    def _forget(self, timer: Timer, place: Place) -> None:
        here = self._by_place.get(place, {})
        here.pop(timer, None)
        if not here:
            self._by_place.pop(place, None)


def _still_open() -> tuple[tuple[dict[Timer, Place], Timer], ...]:
    entered = _entered.get()
    return tuple([one for one in entered if one[1] in one[0]]) if entered else entered
