"""The native part: written in Rust (`src/python`), safe to use from any thread.

All metrics raise `ValueError` on wrong names and labels, with the opening words that
prometheus_client uses, then what was expected and what was received.
"""

import os
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, ClassVar, TypeVar, final

__all__ = [
    "DEBUG_BUILD",
    "REGISTRY",
    "CollectorRegistry",
    "Counter",
    "ExpositionServer",
    "Gauge",
    "Histogram",
    "PageServer",
    "Store",
    "StoreError",
    "TimedFunction",
    "Timer",
    "__version__",
    "generate_latest",
    "log_to_stderr",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

__version__: str
DEBUG_BUILD: bool
"""Whether this was compiled without optimisation."""

REGISTRY: CollectorRegistry
"""Where metrics are registered unless they are told otherwise."""

@final
class CollectorRegistry:
    """A set of metrics that are shown together."""

    def __new__(cls) -> CollectorRegistry: ...
    def register(self, collector: Counter | Gauge | Histogram) -> None:
        """Add a metric; `ValueError` if one of its series' names is taken."""

    def unregister(self, collector: Counter | Gauge | Histogram) -> None:
        """Take a metric out; `KeyError` if it is not here."""

    def add_source(self, name: str, gather: Callable[[], str]) -> None:
        """Show behind the metrics what `gather` returns: families in text format 0.0.4.

        Called at each scrape, on another thread, with a time limit; if it fails, the exposition
        has a comment with `name` and the reason in its place.
        """

def generate_latest(registry: CollectorRegistry | None = None) -> bytes:
    """Return all metrics of a registry (by default `REGISTRY`) in text format 0.0.4, UTF-8."""

@final
class Counter:
    """Counts events; only goes up. Its series is called `<name>_total`."""

    def __new__(
        cls,
        name: str,
        documentation: str,
        labelnames: Iterable[str] | None = None,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
    ) -> Counter: ...
    @property
    def _labelnames(self) -> tuple[str, ...]: ...
    def labels(self, *labelvalues: object, **labelkwargs: object) -> Counter:
        """Return the child for these label values, by position or by keyword."""

    def remove(self, *labelvalues: object) -> None:
        """Forget the child for these label values."""

    def clear(self) -> None:
        """Forget all children."""

    def inc(self, amount: float = 1.0) -> None:
        """Add `amount`; `ValueError` if it is negative."""

    def reset(self) -> None:
        """Start again at zero."""

@final
class Gauge:
    """A value that goes up and down."""

    def __new__(
        cls,
        name: str,
        documentation: str,
        labelnames: Iterable[str] | None = None,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
    ) -> Gauge: ...
    @property
    def _labelnames(self) -> tuple[str, ...]: ...
    def labels(self, *labelvalues: object, **labelkwargs: object) -> Gauge:
        """Return the child for these label values, by position or by keyword."""

    def remove(self, *labelvalues: object) -> None:
        """Forget the child for these label values."""

    def clear(self) -> None:
        """Forget all children."""

    def inc(self, amount: float = 1.0) -> None:
        """Add `amount`."""

    def dec(self, amount: float = 1.0) -> None:
        """Take `amount` away."""

    def set(self, value: float) -> None:
        """Replace the value."""

    def track_inprogress(self) -> Any:
        """Return a context manager and decorator that adds one while a block or call runs."""

@final
class Histogram:
    """Counts observations in buckets. `buckets` are rising upper bounds; +Inf is implied."""

    DEFAULT_BUCKETS: ClassVar[tuple[float, ...]]

    def __new__(
        cls,
        name: str,
        documentation: str,
        labelnames: Iterable[str] | None = None,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
        buckets: Iterable[float | str] | None = None,
    ) -> Histogram: ...
    @property
    def _labelnames(self) -> tuple[str, ...]: ...
    def labels(self, *labelvalues: object, **labelkwargs: object) -> Histogram:
        """Return the child for these label values, by position or by keyword."""

    def remove(self, *labelvalues: object) -> None:
        """Forget the child for these label values."""

    def clear(self) -> None:
        """Forget all children."""

    def observe(self, amount: float) -> None:
        """Count one observation."""

    def time(self) -> Timer:
        """Return a context manager and decorator that observes seconds."""

@final
class Timer:
    """Times blocks and calls; what `Histogram.time` returns; for one thread at a time."""

    def __enter__(self) -> Timer: ...
    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exception: BaseException | None,
        _traceback: TracebackType | None,
        /,
    ) -> None: ...
    def __call__(self, function: _Function) -> _Function:
        """Return `function` with each of its calls timed."""

@final
class TimedFunction:
    """A function whose calls are observed in `histogram`; binds as a method."""

    def __new__(cls, function: Callable[..., Any], histogram: Histogram) -> TimedFunction: ...
    def __call__(self, *arguments: Any, **keywords: Any) -> Any: ...
    def __get__(self, instance: object, _owner: Any = None) -> Any: ...

@final
class ExpositionServer:
    """Serves a registry at `/metrics` until it is closed or the process ends.

    `port` 0 binds any free one. `OSError` if the address can not be bound.
    """

    def __new__(
        cls, port: int, addr: str, registry: CollectorRegistry | None = None
    ) -> ExpositionServer: ...
    @property
    def address(self) -> tuple[str, int]:
        """The host and port bound."""

    def fileno(self) -> int:
        """Return the descriptor of the listening socket, for a forked child to close."""

    def close(self) -> None:
        """Stop serving; a second call does nothing."""

@final
class PageServer:
    """Serves the built-in page, the dashboards and a proxy to the store at `store_url`.

    `port` 0 binds any free one. `OSError` if the address can not be bound.
    """

    def __new__(
        cls,
        *,
        assets_directory: str | os.PathLike[str],
        dashboards_directory: str | os.PathLike[str],
        store_url: str,
        scrape_interval_seconds: float,
        host: str,
        port: int,
    ) -> PageServer: ...
    @property
    def address(self) -> tuple[str, int]:
        """The host and port bound."""

    def set_store_url(self, store_url: str) -> None:
        """Hand queries on to `store_url` from now on."""

    def close(self) -> None:
        """Stop serving; a second call does nothing."""

class StoreError(Exception):
    """The store can not use its data directory: the text says which, why, and the way out."""

@final
class Store:
    """Scrapes the targets of a folder, keeps their samples, answers Prometheus's HTTP API.

    `port` 0 binds any free one. Raises `OSError` if the address can not be bound, `StoreError` if
    the data directory belongs to another store or can not be used.
    """

    def __new__(
        cls,
        *,
        data_directory: str | os.PathLike[str],
        targets_directory: str | os.PathLike[str],
        host: str,
        port: int,
        scrape_interval_seconds: float,
        retention_seconds: float,
    ) -> Store: ...
    @property
    def address(self) -> tuple[str, int]:
        """The host and port bound."""

    def close(self) -> None:
        """Stop and release the data directory; every acknowledged sample is on disk."""

def log_to_stderr() -> None:
    """Write what the store logs to stderr from now on."""
