"""What a series says at one moment: samples, with their timestamps and exemplars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

NANOSECONDS_PER_SECOND = 1e9


class Timestamp:  # noqa: PLW1641 - without a hash, as in the original
    """Seconds and nanoseconds since the epoch; finer than a float can be.

    Raises `ValueError` unless `nsec` is from 0 to below 10^9. For times before the epoch both parts
    are negative.
    """

    def __init__(self, sec: float, nsec: float) -> None:
        if not 0 <= nsec < NANOSECONDS_PER_SECOND:
            raise ValueError(
                f"Invalid value for nanoseconds in Timestamp: {nsec}: expected 0 to 999999999"
            )
        self.sec = int(sec)
        self.nsec = int(-nsec if sec < 0 else nsec)

    def __str__(self) -> str:
        return f"{self.sec}.{self.nsec:09d}"

    def __repr__(self) -> str:
        return f"Timestamp({self.sec}, {self.nsec})"

    def __float__(self) -> float:
        return float(self.sec) + float(self.nsec) / NANOSECONDS_PER_SECOND

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and self._parts() == other._parts()

    def __gt__(self, other: Timestamp) -> bool:
        return self._parts() > other._parts()

    def __lt__(self, other: Timestamp) -> bool:
        return self._parts() < other._parts()

    def _parts(self) -> tuple[int, int]:
        return self.sec, self.nsec


class BucketSpan(NamedTuple):
    """`length` populated buckets of a native histogram, `offset` behind the span before."""

    offset: int
    length: int


class Exemplar(NamedTuple):
    """One observation that went into a sample, with labels (a trace's id, say) that lead to it."""

    labels: dict[str, str]
    value: float
    timestamp: float | Timestamp | None = None


class NativeHistogram(NamedTuple):
    """A histogram whose bucket bounds follow from `schema` (OpenMetrics 2.0)."""

    count_value: float
    sum_value: float
    schema: int
    zero_threshold: float
    zero_count: float
    pos_spans: Sequence[BucketSpan] | None = None
    neg_spans: Sequence[BucketSpan] | None = None
    pos_deltas: Sequence[int] | None = None
    neg_deltas: Sequence[int] | None = None
    nh_exemplars: Sequence[Exemplar] | None = None


class Sample(NamedTuple):
    """One value of one series; `timestamp` is in seconds since the epoch."""

    name: str
    labels: dict[str, str]
    value: float
    timestamp: float | Timestamp | None = None
    exemplar: Exemplar | None = None
    native_histogram: NativeHistogram | None = None
