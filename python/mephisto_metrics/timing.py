"""`timed`: how long functions, methods, coroutines, generators and blocks take, in a metric.

What stays the same for all calls (the child that is observed) is decided once, here; a call then
runs in Rust alone.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any, Callable, Protocol, TypeVar

from mephisto_metrics import _core
from mephisto_metrics.computed_labels import ChildByCall
from mephisto_metrics.open_blocks import OpenBlocks

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from typing_extensions import Self

    class Observable(Protocol):
        """A histogram, a summary, or whatever else has `observe`."""

        def observe(self, amount: float) -> None:
            """Count one observation."""


Function = TypeVar("Function", bound=Callable[..., Any])

IMPLICIT_CLASS_METHODS = frozenset({"__init_subclass__", "__class_getitem__"})
"""What Python makes class methods of by their names, of functions in the body of a class only."""

logger = logging.getLogger(__name__)


class timed:  # noqa: N801 - used as a decorator, where a class name would be the odd one out
    """Observe in `metric`, in seconds, how long each call or block takes.

    `metric` is a Histogram, a Summary, or anything else with `observe`. As a decorator it serves
    functions, methods, static and class methods, coroutine functions, generator functions, and
    objects that can be called; exceptions pass through and their time counts. A call that a Python
    function refuses for its arguments has not begun and is not observed.

    As a context manager, also of `async with`, it times a block, and observes it when it is left,
    in whichever thread, task or context. Threads, tasks and nested blocks may share one object.

    Of a coroutine the whole await is timed, from its first step; cancelling it ends it like any
    exception. Of a generator only the time in which its consumer waits for it counts, summed up
    over its items and observed once, when it ends; what the consumer does with an item does not
    count. The same goes for an asynchronous generator. What is never begun is not observed.

    `labels` gives values for the metric's labels: a string, or, for a decorator, a callable that
    gets the call's arguments and returns one. If a callable fails, the value is `unknown`, and the
    first such fault of each label is logged. Of a decorated function at most one label may be left
    out: it becomes the function's name.

    Raises `ValueError` if labels are missing or unknown; `TypeError` for a metric without
    `observe`, for a class, for what can not be called, and for a label of a block that would have
    to be computed; `RuntimeError` if a block is left that was not entered.
    """

    def __init__(self, metric: Observable, /, **labels: object) -> None:
        _refuse_what_does_not_observe(metric)
        _refuse_unknown_names(metric, labels)
        self._metric = metric
        self._labels = labels
        self._computed = [name for name, value in labels.items() if callable(value)]
        self._blocks = OpenBlocks()

    def __call__(self, function: Function) -> Function:
        """Return `function` with each of its calls timed."""
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(self(function.__func__))
        form = form_of(function)
        labels = self._complete(function)
        if self._computed:
            choose = ChildByCall(self._metric, _label_names(self._metric), labels)
            timed_function = _core.time_calls_by_choice(function, form, choose)
            return _dress(timed_function, function, self._metric)
        return time_calls_of(function, _child(self._metric, labels), "observe")

    def __enter__(self) -> Self:
        """Start the clock."""
        return self._enter(sys._getframe(1))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Observe the time since the entry."""
        self._leave(sys._getframe(1))

    async def __aenter__(self) -> Self:
        """Start the clock."""
        return self._enter(sys._getframe(1))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Observe the time since the entry."""
        self._leave(sys._getframe(1))

    def _enter(self, frame: FrameType) -> Self:
        timer = self._make_timer()
        self._blocks.enter(frame, timer)
        timer.__enter__()
        return self

    def _leave(self, frame: FrameType) -> None:
        timer = self._blocks.leave(frame)
        try:
            timer.__exit__(None, None, None)
        except Exception:
            # It would take the place of what the block raised, or of what it did.
            logger.exception("the time of a block could not be observed")

    def _make_timer(self) -> _core.Timer:
        for name in self._computed:
            raise TypeError(
                f"a block has no arguments to compute the label {name!r} from: "
                f"expected its value, received {self._labels[name]!r}"
            )
        if not self._labels:
            _raise_if_not_observable(self._metric)
        return _core.Timer(_child(self._metric, self._labels), "observe")

    def _complete(self, function: Callable[..., Any]) -> dict[str, object]:
        """Fill in the one label that was left out."""
        names = _label_names(self._metric)
        missing = [name for name in names if name not in self._labels]
        if len(missing) > 1:
            raise ValueError(
                f"{_incorrect(names, self._labels)}; "
                "only one can be left out, which becomes the function's name"
            )
        return {**self._labels, **{name: _name_of(function) for name in missing}}


def time_calls_of(function: Function, metric: object, method: str) -> Function:
    """Return `function` with the seconds of each call given to the method `method` of `metric`.

    Raises `ValueError` if the metric has labels without values, and `TypeError` for a class and for
    what can not be called.
    """
    _raise_if_not_observable(metric)
    timed_function = _core.time_calls(function, form_of(function), metric, method)
    return _dress(timed_function, function, metric)


def form_of(function: Callable[..., Any]) -> str:
    """Return how a call of `function` does its work: at once, or later in which kind of object.

    Raises `TypeError` for a class, and for what can not be called.
    """
    if not callable(function):
        raise TypeError(f"only what can be called can be timed, received {function!r}")
    if isinstance(function, type):
        raise TypeError(
            f"a class can not be timed, received {function!r}: "
            "decorate its `__init__`, or a function that makes the object"
        )
    while isinstance(function, functools.partial):
        function = function.func
    # Of an object, its class says what a call does; `__class__` is seen through what is timed too.
    call = function.__class__.__call__
    return _form_of_function(function) or _form_of_function(call) or "function"


def _form_of_function(function: Callable[..., Any]) -> str | None:
    if inspect.iscoroutinefunction(function):
        return "coroutine"
    if inspect.isasyncgenfunction(function):
        return "async generator"
    if inspect.isgeneratorfunction(function):
        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        return "coroutine" if flags & inspect.CO_ITERABLE_COROUTINE else "generator"
    return None


def _dress(timed_function: _core.TimedFunction, function: Function, metric: object) -> Function:
    functools.update_wrapper(timed_function, function)
    # For who asks whether a function is timed already.
    timed_function.__timed_into__ = metric
    if isinstance(function, FunctionType) and function.__name__ in IMPLICIT_CLASS_METHODS:
        return classmethod(timed_function)  # type: ignore[return-value]
    return timed_function  # type: ignore[return-value]


def _refuse_what_does_not_observe(metric: object) -> None:
    if isinstance(metric, type) or not callable(getattr(metric, "observe", None)):
        raise TypeError(
            "timed expects a metric that has `observe`, a Histogram or a Summary, "
            f"received {metric!r}; {_way_out(metric)}"
        )


def _way_out(metric: object) -> str:
    if inspect.isroutine(metric) or isinstance(metric, (type, staticmethod, classmethod)):
        return "as a decorator it is written with the metric: `@timed(HISTOGRAM)`"
    if hasattr(metric, "time"):
        return "to set it to the latest time use its own `time()`"
    return "make a Histogram for the seconds"


def _refuse_unknown_names(metric: object, labels: dict[str, object]) -> None:
    """Let wrong names be an error where the function is defined, not at its first call."""
    is_computed = any(map(callable, labels.values()))
    if labels and (is_computed or hasattr(metric, "_labelnames")):
        names = _label_names(metric)
        if not labels.keys() <= set(names):
            raise ValueError(_incorrect(names, labels))


def _incorrect(names: tuple[str, ...], labels: dict[str, object]) -> str:
    expected, received = (", ".join(some) or "none" for some in (names, labels))
    return f"Incorrect label names: expected {expected}, received {received}"


def _raise_if_not_observable(metric: object) -> None:
    check = getattr(metric, "_raise_if_not_observable", None)
    if check is not None:
        check()


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _label_names(metric: object) -> tuple[str, ...]:
    """Return the names of the labels that are still to come."""
    if getattr(metric, "_labelvalues", ()):
        return ()
    return tuple(getattr(metric, "_labelnames", ()))


def _child(metric: Any, labels: dict[str, object]) -> Any:
    return metric.labels(**labels) if labels else metric
