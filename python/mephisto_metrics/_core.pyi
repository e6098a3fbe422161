"""The native part: written in Rust (`src/python`), safe to use from any thread.

The metric classes that users see derive from the cores in `prometheus_client/instruments.py`.
"""

import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Protocol, TypeVar, final, type_check_only

from typing_extensions import Self

__all__ = [
    "DEBUG_BUILD",
    "DEFAULT_BUCKETS",
    "CounterCore",
    "Exposition",
    "ExpositionServer",
    "GaugeCore",
    "HistogramCore",
    "PageServer",
    "Registry",
    "ServerTls",
    "Store",
    "StoreError",
    "SummaryCore",
    "TimedFunction",
    "Timer",
    "__version__",
    "bucket_quantile",
    "close_server",
    "encode_families",
    "log_to_stderr",
    "negotiate",
    "next_scrape",
    "own_methods",
    "send_to_gateway",
    "set_created_series",
    "start_server",
    "time_calls",
    "time_calls_by_choice",
    "wait_for_scrape",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

__version__: str
DEBUG_BUILD: bool
"""Whether this was compiled without optimisation."""

DEFAULT_BUCKETS: tuple[float, ...]
"""The upper bounds of a histogram's buckets in seconds, +Inf included."""

_Exemplar = tuple[int, list[tuple[str, str]], float, float]
_Class = TypeVar("_Class", bound=type)
_Core = TypeVar("_Core")

@final
class Registry:
    """The collectors that are shown together, in the order in which they were added."""

    def __new__(cls) -> Registry: ...
    def add(self, collector: object) -> None:
        """Show a native metric, or what `collector.collect()` gives at each exposition."""

    def remove(self, collector: object) -> None:
        """Show it no longer."""

    def set_target_info(self, labels: dict[str, str] | None) -> None:
        """Show labels of the process as a whole in front of all others, or none."""

@final
class Exposition:
    """A registry in the format that a Content-Type header names, written step by step.

    So that collectors in Python are called by Python: a thread that ends inside of one, as daemon
    threads do at the end of a process, must not be inside of native code as well.
    """

    def __new__(cls, registry: Registry, content_type: str) -> Exposition: ...
    def next_collector(self) -> Any:
        """Write native metrics up to the next collector in Python; return it, if there is one."""

    def add(self, metrics: Iterable[Any]) -> None:
        """Write `Metric` objects."""

    def finish(self) -> bytes:
        """Return all that was written."""

def encode_families(metrics: Iterable[Any], content_type: str) -> bytes:
    """Return `Metric` objects in the format that a Content-Type header names."""

def negotiate(accept: str) -> str:
    """Return the Content-Type of the best format that an Accept header takes."""

def set_created_series(is_shown: bool) -> None:
    """Show `_created` series of native metrics, or hide them."""

def own_methods(class_: _Class, /) -> _Class:
    """Make the native methods of a class's base its own, so that calls are faster; decorates it."""

def bucket_quantile(
    quantile: float, upper_bounds: Sequence[float], cumulative_counts: Sequence[float]
) -> float:
    """Return PromQL's `histogram_quantile` of one histogram, whose last bound is infinite."""

@type_check_only
class _MetricCore:
    """What the native parts of all metrics have: `_create` one, or `_attach` it to a child.

    All that starts with an underscore is for the Python class that derives from one.
    """

    def __new__(cls, *_arguments: object, **_keywords: object) -> Self: ...
    def labels(self, *labelvalues: object, **labelkwargs: object) -> Self:
        """Return the child for these label values, by position or by keyword."""

    def _attach(self, parent: Self, label_values: Sequence[str]) -> None: ...
    def _introduce(self) -> Self: ...
    def _share(self, other: Self) -> None: ...
    def _child(self, label_values: Sequence[str]) -> Self: ...
    def _find(self, label_values: Sequence[str]) -> Self | None: ...
    def _children(self) -> list[Self]: ...
    def _remove(self, label_values: Sequence[str]) -> None: ...
    def _clear(self) -> None: ...
    def _reset(self) -> None: ...
    def _set_needs_interpreter(self) -> None: ...
    def _let_attribute_observe(self) -> None: ...
    def _let_class_make_children(self) -> None: ...
    def _set_limit(self, limit: int) -> None: ...
    def _drop_zeros_after(self, lifetime_seconds: float) -> None: ...
    _overflow_count: int
    _parent: Any
    _origin: tuple[str, str, str] | None
    _name: str
    _documentation: str
    _unit: str
    _labelnames: tuple[str, ...]
    _labelvalues: tuple[str, ...]
    _created: float
    _exemplars: list[_Exemplar]
    def _put_exemplar(
        self,
        bucket: int,
        labels: Sequence[tuple[str, str]],
        value: float,
        timestamp_seconds: float,
    ) -> None: ...

class CounterCore(_MetricCore):
    """The native part of a counter."""

    def inc(self, amount: float = 1, exemplar: dict[str, str] | None = None) -> None:
        """Add `amount`, with an exemplar that leads to where it comes from."""

    def _create(
        self,
        name: str,
        documentation: str,
        unit: str,
        label_names: Sequence[str],
        origin: tuple[str, str, str],
    ) -> None: ...
    def _add(self, amount: float) -> None: ...
    def _put(self, value: float) -> None: ...
    def _get(self) -> float: ...

class GaugeCore(_MetricCore):
    """The native part of a gauge."""

    def inc(self, amount: float = 1) -> None:
        """Add `amount`."""

    def dec(self, amount: float = 1) -> None:
        """Take `amount` away."""

    def set(self, value: float) -> None:
        """Replace the value."""

    def _create(
        self,
        name: str,
        documentation: str,
        unit: str,
        label_names: Sequence[str],
        origin: tuple[str, str, str],
    ) -> None: ...
    def _add(self, amount: float) -> None: ...
    def _put(self, value: float) -> None: ...
    def _get(self) -> float: ...
    def _take_to_zero(self, amount: float) -> None: ...

class HistogramCore(_MetricCore):
    """The native part of a histogram."""

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        """Count one observation, with an exemplar that leads to where it comes from."""

    def time(self) -> Timer:
        """Return a context manager and decorator that observes seconds."""

    def _create(
        self,
        name: str,
        documentation: str,
        unit: str,
        label_names: Sequence[str],
        origin: tuple[str, str, str],
        layout: tuple[Sequence[float], tuple[float, int] | None],
    ) -> None: ...
    def _record(self, amount: float) -> int | None: ...
    _upper_bounds: list[float]
    def _get(self) -> tuple[list[int], float]: ...
    def _put_bucket(self, bucket: int, count: int) -> None: ...
    def _put_sum(self, total: float) -> None: ...

class SummaryCore(_MetricCore):
    """The native part of a summary."""

    def observe(self, amount: float) -> None:
        """Count one observation."""

    def time(self) -> Timer:
        """Return a context manager and decorator that observes seconds."""

    def _create(
        self,
        name: str,
        documentation: str,
        unit: str,
        label_names: Sequence[str],
        origin: tuple[str, str, str],
    ) -> None: ...
    def _record(self, amount: float) -> None: ...
    def _get(self) -> tuple[int, float]: ...
    def _put(self, count: int, total: float) -> None: ...

@final
class Timer:
    """A context manager and decorator that gives the seconds of blocks and calls to a metric.

    The method `callback_name` of `metric` is called with them. Serves one block at a time, and as
    a decorator any number of calls.
    """

    def __new__(cls, metric: object, callback_name: str) -> Timer: ...
    @property
    def duration(self) -> float | None:
        """Seconds that the latest block took; None until one has ended."""

    def labels(self, *labelvalues: object, **labelkwargs: object) -> None:
        """Choose the child of the metric that is observed, even from within the block."""

    def __enter__(self) -> Timer: ...
    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exception: BaseException | None,
        _traceback: TracebackType | None,
        /,
    ) -> None:
        """Observe; `ValueError` if the metric has labels without values."""

    def __call__(self, function: _Function, /) -> _Function:
        """Return `function` with each of its calls timed, of any form that `timed` serves."""

@final
class TimedFunction:
    """What takes the place of a function that is timed, and looks like it.

    Other attributes are those of the function.
    """

    __timed_into__: object
    """The metric that is told of the calls, for who asks whether a function is timed already."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any: ...
    def __get__(self, instance: object, owner: Any = None, /) -> Any: ...

def time_calls(
    function: Callable[..., Any], form: str, metric: object, method: str, /
) -> TimedFunction:
    """Return `function` with the seconds of each call given to the method `method` of `metric`.

    `form` says what a call of it returns: "function" for a result, or "coroutine", "generator" or
    "async generator".
    """

def time_calls_by_choice(
    function: Callable[..., Any], form: str, choose: Callable[..., Any], /
) -> TimedFunction:
    """As `time_calls`; observes in what `choose` returns for the arguments of the call."""

@final
class ExpositionServer:
    """Serves a registry at `/metrics` until it is closed or the process ends.

    `port` 0 binds any free one. `OSError` if the address can not be bound. With `token_file` only
    who sends the bearer token in that file is answered; it may be exchanged at any time.
    """

    def __new__(
        cls,
        port: int,
        addr: str,
        registry: Registry,
        tls: ServerTls | None = None,
        token_file: str | os.PathLike[str] | None = None,
    ) -> ExpositionServer: ...
    @property
    def address(self) -> tuple[str, int]:
        """The host and port bound."""

    def fileno(self) -> int:
        """Return the descriptor of the listening socket, for a forked child to close."""

    def close(self) -> None:
        """Stop serving; a second call does nothing."""

@final
class ServerTls:
    """A server's certificate and key, and whom it lets in.

    `client_authorities` are a file and a folder of certificates, either of which may be missing:
    one of them has to vouch for a client. `OSError` for a file that can not be read, `ValueError`
    if no version of TLS is left.
    """

    def __new__(
        cls,
        certfile: str | os.PathLike[str],
        keyfile: str | os.PathLike[str],
        *,
        client_authorities: tuple[str | None, str | None] | None,
        has_tls_1_2: bool,
        has_tls_1_3: bool,
    ) -> ServerTls: ...

def start_server(
    port: int, addr: str, registry: Registry, tls: ServerTls | None = None
) -> Awaitable[ExpositionServer]:
    """Start a server off the event loop; errors as of `ExpositionServer`."""

def close_server(server: ExpositionServer) -> Awaitable[None]:
    """Stop a server off the event loop."""

def send_to_gateway(
    method: str, url: str, registry: Registry | None, timeout_seconds: float | None
) -> Awaitable[None]:
    """Send a registry in text format 0.0.4; `OSError` if it is not taken, or not in time."""

def next_scrape(timeout_seconds: float | None) -> Awaitable[bool]:
    """Await the end of a scrape that begins after this call; whether it came in time."""

def wait_for_scrape(timeout_seconds: float | None) -> bool:
    """Wait for the end of a scrape that begins after this call; return whether it came in time."""

@final
class PageServer:
    """Serves the built-in page, the dashboards and a proxy to the store at `store_url`.

    The store is shown `credentials`. With `viewers`, a name and a password, whoever looks has to
    give these. `port` 0 binds any free one. `OSError` if the address can not be bound.
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
        credentials: _Credentials | None = None,
        viewers: tuple[str, str] | None = None,
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

@type_check_only
class _Elsewhere(Protocol):
    @property
    def files(self) -> Sequence[os.PathLike[str]]: ...
    @property
    def lists(self) -> Sequence[str]: ...
    @property
    def token_file(self) -> os.PathLike[str] | None: ...
    @property
    def ca_file(self) -> os.PathLike[str] | None: ...
    @property
    def is_token_sent_in_clear(self) -> bool: ...

@type_check_only
class _Credentials(Protocol):
    @property
    def token(self) -> str | None: ...
    @property
    def token_file(self) -> str | os.PathLike[str] | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...
    @property
    def password_file(self) -> str | os.PathLike[str] | None: ...
    @property
    def tenant(self) -> str | None: ...
    @property
    def ca_file(self) -> str | os.PathLike[str] | None: ...

@type_check_only
class _RemoteWrite(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def credentials(self) -> _Credentials: ...
    @property
    def labels(self) -> dict[str, str]: ...
    @property
    def queue_bytes(self) -> int | None: ...

@final
class Store:
    """Scrapes the targets of a folder, keeps their samples, answers Prometheus's HTTP API.

    Evaluates the rules of `rule_files`; a file with a mistake is logged and left out. `port` 0
    binds any free one. Of samples that take more than `retention_bytes` the oldest go. With
    `remote_write` all are sent to another store too. Raises `OSError` if the address can not be
    bound, `StoreError` if the data directory belongs to another store or can not be used, and
    `ValueError` if an option can not work.
    """

    def __new__(
        cls,
        *,
        data_directory: str | os.PathLike[str],
        targets_directory: str | os.PathLike[str],
        rule_files: Sequence[str | os.PathLike[str]],
        host: str,
        port: int,
        scrape_interval_seconds: float,
        retention_seconds: float,
        retention_bytes: int | None = None,
        remote_write: _RemoteWrite | None = None,
        elsewhere: _Elsewhere | None = None,
    ) -> Store: ...
    @property
    def address(self) -> tuple[str, int]:
        """The host and port bound."""

    def close(self) -> None:
        """Stop and release the data directory; every acknowledged sample is on disk."""

def log_to_stderr() -> None:
    """Write what the store logs to stderr from now on."""
