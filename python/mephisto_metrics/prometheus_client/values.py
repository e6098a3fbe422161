"""One number in an object of its own: in memory here, in files by the real prometheus_client.

`MutexValue` is for metrics that users derive from `MetricWrapperBase`; counters, gauges, histograms
and summaries have native values instead. With another class as `ValueClass` those that are made
from then on keep theirs in its objects, as `in_files` says.
"""

from __future__ import annotations

import inspect
import os
import warnings
from threading import Lock
from typing import Any, Callable

from mephisto_metrics.prometheus_client.handing_on import original_module
from mephisto_metrics.prometheus_client.samples import Exemplar

DIRECTORY_VARIABLES = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")


class MutexValue:
    """A float that threads share. The arguments say what it belongs to, and nothing depends on it.

    `timestamp` of `set` matters to values in files only.
    """

    _multiprocess = False

    def __init__(
        self,
        typ: str | None,
        metric_name: str,
        name: str,
        labelnames: Any,
        labelvalues: Any,
        help_text: str,
        **kwargs: Any,
    ) -> None:
        self._value = 0.0
        self._exemplar: Exemplar | None = None
        self._lock = Lock()

    def inc(self, amount: float) -> None:
        """Add `amount`."""
        with self._lock:
            self._value += amount

    def set(self, value: float, timestamp: float | None = None) -> None:
        """Replace the value."""
        with self._lock:
            self._value = value

    def set_exemplar(self, exemplar: Exemplar) -> None:
        """Keep `exemplar` as the newest."""
        with self._lock:
            self._exemplar = exemplar

    def get(self) -> float:
        """Return the value."""
        with self._lock:
            return self._value

    def get_exemplar(self) -> Exemplar | None:
        """Return the newest exemplar."""
        with self._lock:
            return self._exemplar


def MultiProcessValue(
    process_identifier: Callable[[], Any] = os.getpid,
) -> Any:
    """Return the real prometheus_client's class of values in files; `ImportError` without it.

    `process_identifier` gives each process that runs a text or number of its own, for the names of
    its files.
    """
    return _with_help_text(original_module("values").MultiProcessValue(process_identifier))


def close_all_multiprocess_files() -> None:
    """Close the files of the real prometheus_client's values; `ImportError` without it."""
    original_module("values").close_all_multiprocess_files()


def get_value_class() -> Any:
    """Return a class of values in files if `PROMETHEUS_MULTIPROC_DIR` is set, else `MutexValue`.

    Without the real prometheus_client values stay in memory, with a `RuntimeWarning`.
    """
    variable = next((name for name in DIRECTORY_VARIABLES if name in os.environ), None)
    if variable is None:
        return MutexValue
    try:
        original = original_module("values")
    except ImportError as error:
        warnings.warn(_in_memory_all_the_same(variable, error), RuntimeWarning, stacklevel=2)
        return MutexValue
    if original.ValueClass._multiprocess:
        # Two classes would write the same files over each other.
        return _with_help_text(original.ValueClass)
    return MultiProcessValue()


def _in_memory_all_the_same(variable: str, error: ImportError) -> str:
    return (
        f"{variable} is set, but values stay in memory: {error}; or let each process serve its own "
        "(start_http_server(0)), or push them under a grouping key of its own (push_to_gateway)"
    )


def _with_help_text(value_class: Any) -> Any:
    """Return `value_class`, or for one of a release below 0.16 a class that takes a help text."""
    if "help_text" in inspect.signature(value_class).parameters:
        return value_class

    class WithHelpText(value_class):  # type: ignore[misc]
        def __init__(
            self,
            typ: str | None,
            metric_name: str,
            name: str,
            labelnames: Any,
            labelvalues: Any,
            help_text: str,
            **kwargs: Any,
        ) -> None:
            super().__init__(typ, metric_name, name, labelnames, labelvalues, **kwargs)

    return WithHelpText


def are_native() -> bool:
    """Return whether metrics that are made now have native values."""
    return ValueClass is MutexValue


def are_in_files() -> bool:
    """Return whether metrics that are made now have values in files."""
    return getattr(ValueClass, "_multiprocess", False)


def warn_if_in_files(message: str) -> None:
    """Say what is not done to values in files, if that is where they are kept."""
    if are_in_files():
        warnings.warn(message, UserWarning, stacklevel=3)


ValueClass = get_value_class()
