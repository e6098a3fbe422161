"""Counting what is under way in a gauge."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable, TypeVar

if TYPE_CHECKING:
    from mephisto_metrics._core import Gauge

Function = TypeVar("Function", bound=Callable[..., Any])


class InprogressTracker:
    """Adds one to a gauge while a block or a call is under way: what `track_inprogress` returns."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge

    def __enter__(self) -> None:
        """Add one."""
        self._gauge.inc()

    def __exit__(self, *exception: object) -> None:
        """Take one away, whatever happened."""
        self._gauge.dec()

    def __call__(self, function: Function) -> Function:
        """Return `function` so that each call of it is counted while it is under way."""

        @functools.wraps(function)
        def counted(*arguments: Any, **keywords: Any) -> Any:
            with self:
                return function(*arguments, **keywords)

        return counted  # type: ignore[return-value]
