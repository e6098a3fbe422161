"""`timed`: how long functions, methods, coroutines, generators and blocks take, in a metric.

What stays the same for all calls (the child that is observed) is decided once, here; a call then
runs in Rust alone.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import logging
from typing import TYPE_CHECKING, Any, Callable, Protocol, TypeVar

from mephisto_metrics import _core

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    class Observable(Protocol):
        """A histogram, a summary, or whatever else has `observe`."""

        def observe(self, amount: float) -> None:
            """Count one observation."""


Function = TypeVar("Function", bound=Callable[..., Any])

FALLBACK_LABEL_VALUE = "unknown"
"""The value of a label whose callable failed: the call that is timed goes on all the same."""

logger = logging.getLogger(__name__)

# The blocks that this thread or task is in, innermost last, each with the object that times it.
_entered: contextvars.ContextVar[tuple[tuple[timed, _core.Timer], ...]] = contextvars.ContextVar(
    "mephisto_metrics_entered", default=()
)


class timed:  # noqa: N801 - used as a decorator, where a class name would be the odd one out
    """Observe in `metric`, in seconds, how long each call or block takes.

    `metric` is a Histogram, a Summary, or anything else with `observe`. As a decorator it serves
    functions, methods, static and class methods, coroutine functions and generator functions;
    exceptions pass through and their time counts. As a context manager, also of `async with`, it
    times a block; threads, tasks and nested blocks may share one object.

    Of a coroutine the whole await is timed, from its first step; cancelling it ends it like any
    exception. Of a generator only the time in which its consumer waits for it counts, summed up
    over its items and observed once, when it ends; what the consumer does with an item does not
    count. The same goes for an asynchronous generator. What is never begun is not observed.

    `labels` gives values for the metric's labels: a string, or a callable that gets the call's
    arguments and returns one. If a callable raises, the value is `unknown`, and the first such
    fault is logged. Of a decorated function at most one label may be left out: it becomes the
    function's name.

    Raises `ValueError` if labels are missing or unknown, and `TypeError` for what is no function.
    """

    def __init__(self, metric: Observable, /, **labels: object) -> None:
        self._metric = metric
        self._labels = labels

    def __call__(self, function: Function) -> Function:
        """Return `function` with each of its calls timed."""
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(self(function.__func__))
        labels = self._complete(function)
        if any(callable(value) for value in labels.values()):
            choose = _ChildByCall(self._metric, labels)
            timed_function = _core.time_calls_by_choice(function, _form_of(function), choose)
            return _dress(timed_function, function, self._metric)
        return time_calls_of(function, _child(self._metric, labels), "observe")

    def __enter__(self) -> Self:
        """Start the clock."""
        block = _core.Timer(_child(self._metric, self._labels), "observe")
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

    async def __aenter__(self) -> Self:
        """Start the clock."""
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Observe the time since the latest entry."""
        self.__exit__(kind, exception, traceback)

    def _complete(self, function: Callable[..., Any]) -> dict[str, object]:
        """Fill in the one label that was left out."""
        names = _label_names(self._metric)
        missing = [name for name in names if name not in self._labels]
        if len(missing) > 1:
            raise ValueError(
                f"Incorrect label names: expected {', '.join(names)}, "
                f"received {', '.join(self._labels) or 'none'}; "
                "only one can be left out, which becomes the function's name"
            )
        return {**self._labels, **{name: _name_of(function) for name in missing}}


def time_calls_of(function: Function, metric: object, method: str) -> Function:
    """Return `function` with the seconds of each call given to the method `method` of `metric`.

    Raises `ValueError` if the metric has labels without values.
    """
    check = getattr(metric, "_raise_if_not_observable", None)
    if check is not None:
        check()
    timed_function = _core.time_calls(function, _form_of(function), metric, method)
    return _dress(timed_function, function, metric)


def _dress(timed_function: _core.TimedFunction, function: Function, metric: object) -> Function:
    functools.update_wrapper(timed_function, function)
    # For who asks whether a function is timed already.
    timed_function.__timed_into__ = metric
    return timed_function  # type: ignore[return-value]


def _form_of(function: Callable[..., Any]) -> str:
    """How a call of `function` does its work: at once, or later in which kind of object."""
    if not callable(function):
        raise TypeError(f"only what can be called can be timed, received {function!r}")
    if inspect.iscoroutinefunction(function):
        return "coroutine"
    if inspect.isasyncgenfunction(function):
        return "async generator"
    if inspect.isgeneratorfunction(function):
        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        return "coroutine" if flags & inspect.CO_ITERABLE_COROUTINE else "generator"
    return "function"


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _label_names(metric: object) -> tuple[str, ...]:
    """Return the names of the labels that are still to come."""
    if getattr(metric, "_labelvalues", ()):
        return ()
    return tuple(getattr(metric, "_labelnames", ()))


def _child(metric: Any, labels: dict[str, object]) -> Any:
    return metric.labels(**labels) if labels else metric


class _ChildByCall:
    """Finds the child for one call from its arguments."""

    def __init__(self, metric: Any, labels: dict[str, object]) -> None:
        _raise_for_unknown_names(metric, labels)
        self._labels_of = metric.labels
        self._values = [(name, labels[name]) for name in _label_names(metric)]
        self._has_failed = False

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Return the child; no fault of a label's callable gets out of here."""
        return self._labels_of(
            *[
                self._compute(name, value, arguments, keywords) if callable(value) else value
                for name, value in self._values
            ]
        )

    def _compute(
        self,
        name: str,
        compute: Callable[..., object],
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


def _raise_for_unknown_names(metric: object, labels: dict[str, object]) -> None:
    """Let wrong names be an error where the function is defined, not at its first call."""
    names = _label_names(metric)
    if sorted(labels) != sorted(names):
        raise ValueError(
            f"Incorrect label names: expected {', '.join(names) or 'none'}, "
            f"received {', '.join(labels)}"
        )
