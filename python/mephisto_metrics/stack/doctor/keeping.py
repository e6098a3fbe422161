"""Whether the store keeps what it collects, and sends it on where that is wanted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.stack.doctor.answers import asked as answer_of
from mephisto_metrics.stack.doctor.answers import own_metrics
from mephisto_metrics.stack.doctor.findings import Finding, note, problem
from mephisto_metrics.stack.logs import said_since_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mephisto_metrics.stack.store_state import StoreState

FAILURES = (
    "mephisto_store_scrapes_refused_total",
    "prometheus_tsdb_wal_writes_failed_total",
    "prometheus_tsdb_wal_truncations_failed_total",
    "prometheus_tsdb_compactions_failed_total",
    "prometheus_tsdb_head_truncations_failed_total",
)
"""What each kind of store counts when it can not write."""
REMOTE_WRITE = "mephisto_store_remote_write_"
PROMETHEUS_REMOTE = "prometheus_remote_storage_"
BEHIND_SECONDS = 60.0
"""A receiver that is there has samples within a second or two."""
ABOUT_REMOTE_WRITE = " remote write: "
WHY_SAMPLES_WAIT = "samples wait on the disk to be sent again: "
"""Before the reason in the built-in store's log, which has each once for as long as it lasts."""
FRESH_INTERVALS = 3
SHORTEST_FRESH_SECONDS = 10.0


@dataclass(frozen=True)
class Sending:
    """How a store does with sending its samples to one elsewhere; all 0 where none is set."""

    behind_seconds: float
    has_only_failed: bool
    """Whether requests are repeated, and none was ever taken."""
    taken: float
    lost: float
    """How many samples were refused, or had no room to wait."""


def check(store: StoreState) -> Iterator[Finding]:
    """Look at the store's own count of what it could not keep, and at how fresh its data is."""
    metrics = own_metrics(store.url)
    failures = {name: int(metrics[name]) for name in FAILURES if metrics.get(name, 0) > 0}
    if failures:
        yield _not_kept(store, failures)
    yield from remote_write(metrics, _log_path(store))
    for name, value in metrics.items():
        if name == "mephisto_store_rule_files_refused" and value > 0:
            yield problem(
                "store.rules-refused",
                f"{value:.0f} rule files can not be read",
                "their alerts never fire",
                "correct the files in the folder `rules` of MEPHISTO_METRICS_HOME, or remove them; "
                "the store's log names each with its mistake",
            )


def _log_path(store: StoreState) -> Path:
    name = "prometheus.log" if store.kind == "prometheus" else "store.log"
    return places.logs_folder() / name


def _sending(metrics: dict[str, float]) -> Sending:
    """Return how either kind of store does with sending its samples on."""
    if f"{REMOTE_WRITE}seconds_behind" in metrics:
        taken = metrics.get(f"{REMOTE_WRITE}samples_sent_total", 0)
        return Sending(
            behind_seconds=metrics[f"{REMOTE_WRITE}seconds_behind"],
            has_only_failed=taken == 0 < metrics.get(f"{REMOTE_WRITE}retries_total", 0),
            taken=taken,
            lost=_sum(metrics, REMOTE_WRITE, "samples_failed_total", "samples_dropped_total"),
        )
    if f"{PROMETHEUS_REMOTE}samples_pending" in metrics:
        return _sending_of_prometheus(metrics)
    return Sending(0, False, 0, 0)


def _sending_of_prometheus(metrics: dict[str, float]) -> Sending:
    failed = _sum(metrics, PROMETHEUS_REMOTE, "samples_failed_total")
    tried_again = _sum(metrics, PROMETHEUS_REMOTE, "samples_retried_total")
    # There is no such time before anything was sent.
    sent_until = _sum(metrics, PROMETHEUS_REMOTE, "queue_highest_sent_timestamp_seconds")
    started_at = metrics.get("process_start_time_seconds", 0)
    newest = _sum(metrics, PROMETHEUS_REMOTE, "highest_timestamp_in_seconds")
    return Sending(
        behind_seconds=max(0.0, newest - max(sent_until, started_at)),
        has_only_failed=sent_until == 0 < tried_again,
        taken=_sum(metrics, PROMETHEUS_REMOTE, "samples_total") - failed - tried_again,
        lost=failed + _sum(metrics, PROMETHEUS_REMOTE, "samples_dropped_total"),
    )


def _sum(metrics: dict[str, float], prefix: str, *names: str) -> float:
    return sum(metrics.get(prefix + name, 0) for name in names)


def remote_write(metrics: dict[str, float], log_path: Path) -> Iterator[Finding]:
    """Look at what a store of either kind counts of its remote write, and at why samples wait."""
    sending = _sending(metrics)
    if sending.behind_seconds > (0 if sending.has_only_failed else BEHIND_SECONDS):
        yield _behind(sending, log_path)
    if sending.lost > 0 and sending.taken <= 0:
        yield problem(
            "store.remote-write-refused",
            f"the store elsewhere has taken none of {sending.lost:.0f} samples",
            "its address or the credentials may be wrong; what is refused is not sent again, and "
            "missing there",
            "the store's log says what it answers; correct MEPHISTO_METRICS_REMOTE_WRITE and its "
            "credentials, then `mephisto metrics cleanup`, so that the store is started with them",
        )
    elif sending.lost > 0:
        yield note(
            "store.remote-write-lost",
            f"{sending.lost:.0f} samples were refused by the store elsewhere, or had no room to "
            "wait",
            "they are in the store here, and missing there",
            "the store's log says why; MEPHISTO_METRICS_REMOTE_QUEUE_SIZE makes more room",
        )


def _behind(sending: Sending, log_path: Path) -> Finding:
    reason = _why_samples_wait(log_path)
    told = f": {reason}" if reason else ""
    source = "" if reason else f"`{log_path}` says what it answers; "
    return problem(
        "store.remote-write-behind",
        f"samples for the store elsewhere have waited for {sending.behind_seconds:.0f} s{told}",
        "it can not be reached, or does not let this store in; they are kept on the disk, and "
        "sent when it takes them",
        f"{source}see to it, or correct MEPHISTO_METRICS_REMOTE_WRITE and its credentials, then "
        "`mephisto metrics cleanup`, so that the store is started with them",
    )


def _why_samples_wait(log_path: Path) -> str:
    """Return what the built-in store's log said last of its receiver; empty if nothing is wrong."""
    about = [line for line in said_since_start(log_path) if ABOUT_REMOTE_WRITE in line]
    return about[-1].partition(WHY_SAMPLES_WAIT)[2] if about else ""


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
