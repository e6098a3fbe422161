"""Questions to stores, and the comparison of two stores' answers."""

from __future__ import annotations

import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Callable

from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60

Labels = tuple[tuple[str, str], ...]
Answer = dict[Labels, float]
Stores = tuple[str, str]


def exactly(_: float) -> float:
    return 0.0


def but_for_rounding(value: float) -> float:
    return 1e-9 * abs(value)


def differences(ours: Answer, theirs: Answer, allowed: Callable[[float], float]) -> list[str]:
    """Tell what one answer has and the other has not; `allowed` is by their value."""
    found = [f"only here: {dict(labels)}" for labels in ours.keys() - theirs.keys()]
    found += [f"only in Prometheus: {dict(labels)}" for labels in theirs.keys() - ours.keys()]
    for labels in ours.keys() & theirs.keys():
        our, their = ours[labels], theirs[labels]
        both_empty = math.isnan(our) and math.isnan(their)
        if not both_empty and not abs(our - their) <= allowed(their):
            found.append(f"{our} here, {their} in Prometheus: {dict(labels)}")
    return found


def ask(url: str, path: str, **parameters: str | float) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of any answer, those that refuse included."""
    encoded = urllib.parse.urlencode(parameters)
    try:
        with urllib.request.urlopen(f"{url}/api/v1/{path}?{encoded}", timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def instant(url: str, expression: str, at_seconds: float) -> Answer:
    _, body = ask(url, "query", query=expression, time=f"{at_seconds:.3f}")
    assert body["status"] == "success", body
    return {
        tuple(sorted(series["metric"].items())): float(series["value"][1])
        for series in body["data"]["result"]
    }


def one_point_range(url: str, expression: str, at_seconds: float) -> Answer:
    at = f"{at_seconds:.3f}"
    _, body = ask(url, "query_range", query=expression, start=at, end=at, step=2)
    assert body["status"] == "success", body
    assert all(len(series["values"]) == 1 for series in body["data"]["result"])
    return {
        tuple(sorted(series["metric"].items())): float(series["values"][0][1])
        for series in body["data"]["result"]
    }


def wait_for_both(stores: Stores, expression: str) -> None:
    """Wait until an instant query has a result in both stores."""
    for url in stores:
        assert wait_until(lambda url=url: bool(now(url, expression)), TIMEOUT_SECONDS), (
            f"no result for {expression} at {url}"
        )


def now(url: str, expression: str) -> Answer:
    return instant(url, expression, time.time())


def moment_within_stillness(stores: Stores, sample: str) -> float:
    """Return a time before and after which both stores have scraped what stands still since now.

    Only scrapes that begin now or later count: one under way may be half of what was before.
    """
    wait_for_both(stores, f"timestamp({sample}) > {time.time():.3f}")
    moment = time.time()
    wait_for_both(stores, f"timestamp({sample}) > {moment:.3f}")
    return moment


def series_of(url: str, selector: dict[str, str]) -> list[tuple[tuple[str, str], ...]]:
    return sorted(tuple(sorted(labels.items())) for labels in data(url, "series", **selector))


def data(url: str, path: str, **parameters: str) -> Any:
    """Return the data of an answer that succeeded."""
    _, body = ask(url, path, **parameters)
    assert body["status"] == "success", body
    return body["data"]
