"""One number with a lock, in Python: for metrics that users derive from `MetricWrapperBase`."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any, Callable

from mephisto_metrics.prometheus_client.handing_on import original_module
from mephisto_metrics.prometheus_client.samples import Exemplar


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
    """Return the real prometheus_client's class of values in files; `ImportError` without it."""
    return original_module("values").MultiProcessValue(process_identifier)


def close_all_multiprocess_files() -> None:
    """Close the files of the real prometheus_client's values; `ImportError` without it."""
    original_module("values").close_all_multiprocess_files()


def get_value_class() -> type[MutexValue]:
    """Return `MutexValue`: values are in memory, whatever `PROMETHEUS_MULTIPROC_DIR` says."""
    return MutexValue


ValueClass = get_value_class()
