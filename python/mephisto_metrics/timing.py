"""`timed`: how long functions, methods, coroutines and blocks take, in a histogram.

What stays the same for all calls (the child that is observed) is decided once, here; a call of a
plain function then runs in Rust alone.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import logging
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from mephisto_metrics._core import Histogram, TimedFunction

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

Function = TypeVar("Function", bound=Callable[..., Any])

FALLBACK_LABEL_VALUE = "unknown"
"""The value of a label whose callable failed: the call that is timed goes on all the same."""

logger = logging.getLogger(__name__)

# The blocks that this thread or task is in, innermost last, each with the object that times it.
_entered: contextvars.ContextVar[tuple[tuple[timed, AbstractContextManager[object]], ...]] = (
    contextvars.ContextVar("mephisto_metrics_entered", default=())
)


class timed:  # noqa: N801 - used as a decorator, where a class name would be the odd one out
    """Observe in `histogram`, in seconds, how long each call or block takes.

    As a decorator it serves functions, methods, static and class methods, and coroutine functions
    (of which the whole await is timed); exceptions pass through and their time counts. As a context
    manager it times a block; threads, tasks and nested blocks may share one object.

    `labels` gives values for the histogram's labels: a string, or a callable that gets the call's
    arguments and returns one. Of a decorated function at most one label may be left out: it becomes
    the function's name.

    Raises `ValueError` if labels are missing or unknown, and `TypeError` for a generator function,
    whose call returns before its work begins.
    """

    def __init__(self, histogram: Histogram, /, **labels: str | Callable[..., str]) -> None:
        self._histogram = histogram
        self._labels = labels

    def __call__(self, function: Function) -> Function:
        """Return `function` with each of its calls timed."""
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(self(function.__func__))
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__qualname__} is a generator function, which `timed` can not time: "
                "its call returns before its work begins; time the block that consumes it"
            )
        labels = self._complete(function.__name__)
        if any(callable(value) for value in labels.values()):
            return self._time_by_call(function, labels)
        return _time_always(function, _child(self._histogram, labels))

    def __enter__(self) -> timed:
        """Start the clock."""
        block = _child(self._histogram, self._labels).time()
        block.__enter__()
        _entered.set((*_entered.get(), (self, block)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Observe the time since the latest entry."""
        entered = list(_entered.get())
        innermost = max(index for index, (owner, _) in enumerate(entered) if owner is self)
        _, block = entered.pop(innermost)
        _entered.set(tuple(entered))
        block.__exit__(kind, exception, traceback)

    def _complete(self, function_name: str) -> dict[str, str | Callable[..., str]]:
        """Fill in the one label that was left out."""
        missing = [name for name in self._histogram._labelnames if name not in self._labels]
        if len(missing) > 1:
            raise ValueError(
                f"Incorrect label names: expected {', '.join(self._histogram._labelnames)}, "
                f"received {', '.join(self._labels) or 'none'}; "
                "only one can be left out, which becomes the function's name"
            )
        return {**self._labels, **dict.fromkeys(missing, function_name)}

    def _time_by_call(
        self, function: Function, labels: dict[str, str | Callable[..., str]]
    ) -> Function:
        choose = _ChildByCall(self._histogram, labels)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*arguments: Any, **keywords: Any) -> Any:
                with choose(arguments, keywords).time():
                    return await function(*arguments, **keywords)

            return awaited  # type: ignore[return-value]

        @functools.wraps(function)
        def called(*arguments: Any, **keywords: Any) -> Any:
            with choose(arguments, keywords).time():
                return function(*arguments, **keywords)

        return called  # type: ignore[return-value]


def _time_always(function: Function, child: Histogram) -> Function:
    if not inspect.iscoroutinefunction(function):
        return TimedFunction(function, child)  # type: ignore[return-value]

    @functools.wraps(function)
    async def awaited(*arguments: Any, **keywords: Any) -> Any:
        with child.time():
            return await function(*arguments, **keywords)

    return awaited  # type: ignore[return-value]


def _child(histogram: Histogram, labels: dict[str, Any]) -> Histogram:
    return histogram.labels(**labels) if labels else histogram


class _ChildByCall:
    """Finds the child for one call from its arguments."""

    def __init__(self, histogram: Histogram, labels: dict[str, str | Callable[..., str]]) -> None:
        self._histogram = histogram
        self._labels = labels
        self._has_failed = False
        # Wrong names are an error where the function is defined, not at its first call.
        histogram.labels(**dict.fromkeys(labels, FALLBACK_LABEL_VALUE))

    def __call__(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Histogram:
        values = {
            name: self._compute(name, value, arguments, keywords) if callable(value) else value
            for name, value in self._labels.items()
        }
        return self._histogram.labels(**values)

    def _compute(
        self,
        name: str,
        compute: Callable[..., str],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> str:
        try:
            return str(compute(*arguments, **keywords))
        except Exception:
            if not self._has_failed:
                self._has_failed = True
                logger.exception(
                    "the value of the label %r could not be computed; the time goes under %r",
                    name,
                    FALLBACK_LABEL_VALUE,
                )
            return FALLBACK_LABEL_VALUE
