"""Whether the store keeps what it collects, and sends it on where that is wanted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mephisto_metrics.stack.doctor.answers import asked as answer_of
from mephisto_metrics.stack.doctor.answers import own_metrics
from mephisto_metrics.stack.doctor.findings import Finding, note, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mephisto_metrics.stack.store import StoreState

FAILURES = (
    "mephisto_store_scrapes_refused_total",
    "prometheus_tsdb_wal_writes_failed_total",
    "prometheus_tsdb_wal_truncations_failed_total",
    "prometheus_tsdb_compactions_failed_total",
    "prometheus_tsdb_head_truncations_failed_total",
)
"""What each kind of store counts when it can not write."""
REMOTE_WRITE = "mephisto_store_remote_write_"
BEHIND_SECONDS = 60.0
"""A receiver that is there has samples within a second or two."""
FRESH_INTERVALS = 3
SHORTEST_FRESH_SECONDS = 10.0


def check(store: StoreState) -> Iterator[Finding]:
    """Look at the store's own count of what it could not keep, and at how fresh its data is."""
    metrics = own_metrics(store.url)
    failures = {name: int(metrics[name]) for name in FAILURES if metrics.get(name, 0) > 0}
    if failures:
        yield _not_kept(store, failures)
    yield from _sent_on(metrics)
    for name, value in metrics.items():
        if name == "mephisto_store_rule_files_refused" and value > 0:
            yield problem(
                "store.rules-refused",
                f"{value:.0f} rule files can not be read",
                "their alerts never fire",
                "correct the files in the folder `rules` of MEPHISTO_METRICS_HOME, or remove them; "
                "the store's log names each with its mistake",
            )


def _sent_on(metrics: dict[str, float]) -> Iterator[Finding]:
    """Look at what the built-in store counts of its remote write; a Prometheus has its own."""
    behind_seconds = metrics.get(f"{REMOTE_WRITE}seconds_behind", 0)
    if behind_seconds > BEHIND_SECONDS:
        yield problem(
            "store.remote-write-behind",
            f"samples for the store elsewhere have waited for {behind_seconds:.0f} s",
            "it can not be reached, or does not let this store in; they are kept on the disk, and "
            "sent when it takes them",
            "the store's log says what it answers; see to it, or to MEPHISTO_METRICS_REMOTE_WRITE "
            "and its credentials",
        )
    lost = metrics.get(f"{REMOTE_WRITE}samples_failed_total", 0)
    lost += metrics.get(f"{REMOTE_WRITE}samples_dropped_total", 0)
    if lost > 0:
        yield note(
            "store.remote-write-lost",
            f"{lost:.0f} samples were not taken by the store elsewhere, or had no room to wait",
            "they are in the store here, and missing there",
            "the store's log says why; MEPHISTO_METRICS_REMOTE_QUEUE_SIZE makes more room",
        )


def _not_kept(store: StoreState, failures: dict[str, int]) -> Finding:
    counted = ", ".join(f"{name} {count}" for name, count in failures.items())
    if _is_fresh(store):
        return note(
            "store.was-not-kept",
            f"the store could not keep all that it collected, and can again ({counted})",
            "graphs have a gap there: the disk was full, or could not be written to",
            "see that the disk of MEPHISTO_METRICS_HOME has space",
        )
    return problem(
        "store.not-kept",
        f"the store can not keep what it collects ({counted})",
        "the disk is full, or can not be written to; it goes on by itself once it can",
        "free some space on the disk of MEPHISTO_METRICS_HOME",
    )


def _is_fresh(store: StoreState) -> bool:
    """Whether any sample is of the last scrapes."""
    seconds = max(SHORTEST_FRESH_SECONDS, FRESH_INTERVALS * store.scrape_interval_seconds)
    newest = answer_of(store.url, "query", query="max(timestamp(up))")
    try:
        return time.time() - float(newest["result"][0]["value"][1]) < seconds
    except (KeyError, TypeError, ValueError, IndexError):
        return False
