"""How long a store takes for the queries that the page sent."""

from __future__ import annotations

import statistics
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

CONNECTIONS = 6
"""As many as a browser opens to one server."""


@dataclass(frozen=True)
class QueryTimes:
    """The times for all queries of the page, in milliseconds."""

    one_after_the_other: float
    six_at_once: float
    slowest: float


def measure(store_url: str, queries: list[str], passes: int) -> QueryTimes:
    """Ask all queries again and again; the medians of the passes count."""
    return QueryTimes(
        one_after_the_other=_median_ms(lambda: _ask_in_turn(store_url, queries), passes),
        six_at_once=_median_ms(lambda: _ask_at_once(store_url, queries), passes),
        slowest=max(_median_ms(partial(_ask, store_url, query), passes) for query in queries),
    )


def _median_ms(work: Callable[[], object], passes: int) -> float:
    times = []
    for _ in range(passes):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def _ask_in_turn(store_url: str, queries: list[str]) -> None:
    for query in queries:
        _ask(store_url, query)


def _ask_at_once(store_url: str, queries: list[str]) -> None:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda query: _ask(store_url, query), queries))


def _ask(store_url: str, query: str) -> None:
    headers = {"Accept-Encoding": "gzip"}
    request = urllib.request.Request(f"{store_url}/api/v1/{query}", headers=headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        answer.read()
