"""What runs and how it does, a line for each part and each Operator."""

from __future__ import annotations

import json
import urllib.parse
from typing import TYPE_CHECKING, Any, NamedTuple

from mephisto_metrics.stack import targets
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, answer_of, is_ready

if TYPE_CHECKING:
    from mephisto_metrics.stack.store_state import StoreState
    from mephisto_metrics.stack.viewer import ServedViewer


class PartLine(NamedTuple):
    """One part, in words."""

    part: str
    """`store`, `viewer` or `operator`."""
    what: str
    """Which one; empty where there is none."""
    state: str
    is_well: bool
    id: str = ""
    """Which one of several, in words that stay the same; the store asked and a viewer have none."""


class Scraped(NamedTuple):
    """What the store says of one Operator."""

    id: str
    """Its label `operator`."""
    instance: str
    is_up: bool


def overview(store: StoreState | None, viewer: ServedViewer | None) -> list[PartLine]:
    """Ask each part how it does; takes some seconds at most where one hangs."""
    scraped, reason = (None, None) if store is None else _scraped(store)
    lines = [_store_line(store, reason)]
    if viewer is not None:
        is_ready = viewer.is_ready()
        state = "shows the store's data" if is_ready else "does not show the store's data"
        lines.append(PartLine("viewer", f"{viewer.name} at {viewer.start_url}", state, is_ready))
    here = targets.live_targets()
    lines += [_operator_line(one, scraped) for one in here]
    if store is not None and (store.elsewhere or store.kind == "remote"):
        known = {one.id for one in here}
        lines += [_elsewhere_line(one) for one in scraped or [] if one.id not in known]
    return lines


def sender_line(store: StoreState | None) -> PartLine:
    """Ask the local store how it does, where it is there to send samples to the one asked."""
    if store is None:
        return PartLine("store", "the one on this machine", "does not run", False, "sender")
    is_well = is_ready(store.url)
    state = "answers" if is_well else "does not answer"
    return PartLine("store", f"{store.name} at {store.url}", state, is_well, "sender")


def _store_line(store: StoreState | None, reason: str | None) -> PartLine:
    if store is None:
        return PartLine("store", "", "does not run", is_well=False)
    state = "answers" if reason is None else f"does not answer: {reason}"
    return PartLine("store", f"{store.name} at {store.url}", state, reason is None)


def _operator_line(operator: targets.Target, scraped: list[Scraped] | None) -> PartLine:
    task = f", task {operator.task_name}" if operator.task_name else ""
    what = f"PID {operator.pid} at {operator.address}{task}"
    if scraped is None:
        return PartLine("operator", what, "runs", True, operator.id)
    found = next((one for one in scraped if one.id == operator.id), None)
    if found is None:
        return PartLine("operator", what, "waits for its first scrape", True, operator.id)
    return PartLine("operator", what, _state(found), found.is_up, operator.id)


def _elsewhere_line(scraped: Scraped) -> PartLine:
    what = f"one elsewhere at {scraped.instance}"
    return PartLine("operator", what, _state(scraped), scraped.is_up, scraped.instance)


def _state(scraped: Scraped) -> str:
    return "scraped" if scraped.is_up else "can not be scraped"


def _scraped(store: StoreState) -> tuple[list[Scraped], None] | tuple[None, str]:
    """Return what the store says of each Operator, or why it says nothing."""
    query = urllib.parse.urlencode({"query": f'up{{job="{targets.JOB}"}}'})
    url = f"{store.url}/api/v1/query?{query}"
    answer, reason = answer_of(url, ANSWER_TIMEOUT_SECONDS, store.credentials)
    if answer is None:
        return None, reason or ""
    try:
        return [_read(one) for one in json.loads(answer)["data"]["result"]], None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None, "what it says is no answer to a query"


def _read(series: dict[str, Any]) -> Scraped:
    labels, (_, value) = series["metric"], series["value"]
    return Scraped(labels.get("operator", ""), labels.get("instance", "?"), value == "1")
