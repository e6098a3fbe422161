"""Blocks and calls that are counted or timed: each object is a context manager and a decorator."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Callable, Literal, Protocol, TypeVar, Union

from mephisto_metrics._core import Timer
from mephisto_metrics.prometheus_client.decorator import decorate

__all__ = ["ExceptionCounter", "InprogressTracker", "Timer"]

Function = TypeVar("Function", bound=Callable[..., Any])
ExceptionTypes = Union[type[BaseException], tuple[type[BaseException], ...]]


class _Increases(Protocol):
    def inc(self) -> Any: ...


class _GoesUpAndDown(_Increases, Protocol):
    def dec(self) -> Any: ...


class ExceptionCounter:
    """Adds one to a counter for each exception of some types that leaves a block or a call."""

    def __init__(self, counter: _Increases, exception: ExceptionTypes) -> None:
        self._counter = counter
        self._exception = exception

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        """Count, and let the exception pass."""
        if isinstance(value, self._exception):
            self._counter.inc()
        return False

    def __call__(self, f: Function) -> Function:
        """Return `f` with the exceptions of its calls counted."""
        return _within(lambda: self, f)


class InprogressTracker:
    """Adds one to a gauge while a block or a call is under way."""

    def __init__(self, gauge: _GoesUpAndDown) -> None:
        self._gauge = gauge

    def __enter__(self) -> None:
        """Add one."""
        self._gauge.inc()

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take one away, whatever happened."""
        self._gauge.dec()

    def __call__(self, f: Function) -> Function:
        """Return `f` so that each call of it is counted while it is under way."""
        return _within(lambda: self, f)


def _within(make_context: Callable[[], AbstractContextManager[Any]], f: Function) -> Function:
    def call(function: Function, *args: Any, **kwargs: Any) -> Any:
        with make_context():
            return function(*args, **kwargs)

    return decorate(f, call)
