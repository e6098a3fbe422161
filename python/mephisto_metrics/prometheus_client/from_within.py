"""What code reads that knows prometheus_client's metrics from within: values, and the children."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, Callable

from mephisto_metrics.prometheus_client.samples import Exemplar

if TYPE_CHECKING:
    from mephisto_metrics.prometheus_client.native_metric import NativeMetric


class NativeView:
    """One number of a metric; `bucket` is where its exemplar belongs, None where it has none."""

    _multiprocess = False

    def __init__(
        self,
        metric: NativeMetric,
        get: Callable[[], float],
        put: Callable[[float], None],
        bucket: int | None = None,
    ) -> None:
        self.get = get
        self._put = put
        self._metric = metric
        self._bucket = bucket

    def inc(self, amount: float) -> None:
        """Add `amount`."""
        self._put(self.get() + amount)

    def set(self, value: float, timestamp: float | None = None) -> None:
        """Replace the value."""
        self._put(value)

    @property
    def _value(self) -> float:
        return self.get()

    @_value.setter
    def _value(self, value: float) -> None:
        self._put(value)

    def get_exemplar(self) -> Exemplar | None:
        """Return the newest exemplar."""
        return None if self._bucket is None else self._metric._exemplar_of(self._bucket)

    def set_exemplar(self, exemplar: Exemplar) -> None:
        """Keep `exemplar` as the newest."""
        if self._bucket is not None:
            labels, value, seconds = exemplar.labels, exemplar.value, exemplar.timestamp
            self._metric._keep_exemplar(self._bucket, labels, value, float(seconds or 0))


class Children(MutableMapping[tuple[str, ...], Any]):
    """The children of a metric by their label values: what is deleted here is removed there."""

    def __init__(self, parent: NativeMetric) -> None:
        self._parent = parent

    def __getitem__(self, values: tuple[str, ...]) -> Any:
        is_key = isinstance(values, tuple) and all(isinstance(value, str) for value in values)
        child = self._parent._find(values) if is_key else None
        if child is None:
            raise KeyError(values)
        return child

    def __setitem__(self, values: tuple[str, ...], child: Any) -> None:
        raise TypeError(f"a child of {self._parent!r} is made by labels(): received {child!r}")

    def __delitem__(self, values: tuple[str, ...]) -> None:
        self[values]
        self._parent._forget(values)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return iter([child._labelvalues for child in self._parent._children()])

    def __len__(self) -> int:
        return len(self._parent._children())

    def __repr__(self) -> str:
        return repr(dict(self))

    def clear(self) -> None:
        """Forget all children."""
        self._parent.clear()

    def copy(self) -> dict[tuple[str, ...], Any]:
        """Return a dictionary of the children that there are now."""
        return dict(self)


def as_float(amount: float) -> float:
    """Return `amount` as adding it to a float gives it; `TypeError` for what cannot be added."""
    total = 0.0
    total += amount
    return total
