"""The blocks of one `timed` object that are under way, and which of them is left."""

from __future__ import annotations

import contextlib
import contextvars
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    from mephisto_metrics._core import Timer

    Place = tuple[int, CodeType]
    """A frame, by its identity: the frame itself would keep all of its locals alive."""


class Block:
    """One block that is timed, and where it was entered."""

    __slots__ = ("owner", "place", "timer")

    def __init__(self, owner: OpenBlocks, place: Place, timer: Timer) -> None:
        self.owner = owner
        self.place = place
        self.timer = timer


# The blocks that this thread or task has entered, innermost last.
_entered: contextvars.ContextVar[tuple[Block, ...]] = contextvars.ContextVar(
    "mephisto_metrics_entered", default=()
)


class OpenBlocks:
    """Finds, for who leaves a block, the one that was entered there.

    A `with` statement leaves a block in the frame in which it entered it, in whichever thread, task
    or context that frame goes on. Who enters and leaves by other means, as an `ExitStack`, does so
    mostly in one context. Beyond that nothing is known, and the latest is taken: each time that is
    left is then still observed once, and their sum is right.

    There is no lock, because the garbage collector may close a generator, and so leave a block,
    at any moment. Who takes a block out of `_open` has it; `_by_place` may lag behind.
    """

    def __init__(self) -> None:
        self._open: dict[Block, bool] = {}
        self._by_place: dict[Place, list[Block]] = {}

    def enter(self, frame: FrameType, timer: Timer) -> None:
        """Note that `frame` enters a block, which `timer` times."""
        block = Block(self, _place_of(frame), timer)
        self._open[block] = True
        self._by_place.setdefault(block.place, []).append(block)
        _entered.set((*_still_open(), block))

    def leave(self, frame: FrameType) -> Timer:
        """Return what times the block that `frame` leaves; `RuntimeError` if none is open."""
        for block in self._candidates(_place_of(frame)):
            if self._open.pop(block, False):
                self._tidy_up(block)
                return block.timer
        raise RuntimeError("a timed block is left that was not entered: use `with timed(metric):`")

    def _candidates(self, place: Place) -> Iterator[Block]:
        """Yield what may be left, the likeliest first; it may have been left already."""
        yield from reversed(self._by_place.get(place, ()))
        yield from (block for block in reversed(_entered.get()) if block.owner is self)
        yield from reversed(list(self._open))

    def _tidy_up(self, block: Block) -> None:
        here = self._by_place.get(block.place, [])
        with contextlib.suppress(ValueError):
            here.remove(block)
        if not here:
            self._by_place.pop(block.place, None)
        _entered.set(_still_open())


def _place_of(frame: FrameType) -> Place:
    # A frame's identity may be another one's later, of which its code then tells it apart.
    return id(frame), frame.f_code


def _still_open() -> tuple[Block, ...]:
    return tuple(block for block in _entered.get() if block in block.owner._open)
