"""What runs and how it does, a line for each part and each Operator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from mephisto_metrics.stack import targets
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, fetched

if TYPE_CHECKING:
    from mephisto_metrics.stack.store import StoreState
    from mephisto_metrics.stack.viewer import ServedViewer


class PartLine(NamedTuple):
    """One part, in words."""

    part: str
    """`store`, `viewer` or `operator`."""
    what: str
    state: str
    is_well: bool


def overview(store: StoreState | None, viewer: ServedViewer | None) -> list[PartLine]:
    """Ask each part how it does; takes some seconds at most where one hangs."""
    scraped = None if store is None else _scraped(store.url)
    lines = [_store_line(store, scraped is not None)]
    if viewer is not None:
        is_ready = viewer.is_ready()
        state = "shows the store's data" if is_ready else "does not show the store's data"
        lines.append(PartLine("viewer", f"{viewer.name} at {viewer.start_url}", state, is_ready))
    return [*lines, *(_operator_line(one, scraped) for one in targets.live_targets())]


def _store_line(store: StoreState | None, answers: bool) -> PartLine:
    if store is None:
        return PartLine("store", "none", "does not run", is_well=False)
    what = f"{store.name} at {store.url}"
    return PartLine("store", what, "answers" if answers else "does not answer", answers)


def _operator_line(operator: targets.Target, scraped: dict[str, bool] | None) -> PartLine:
    task = f", task {operator.task_name}" if operator.task_name else ""
    what = f"PID {operator.pid} at {operator.address}{task}"
    if scraped is None:
        return PartLine("operator", what, "runs", is_well=True)
    is_up = scraped.get(operator.id)
    if is_up is None:
        return PartLine("operator", what, "waits for its first scrape", is_well=True)
    return PartLine("operator", what, "scraped" if is_up else "can not be scraped", is_up)


def _scraped(store_url: str) -> dict[str, bool] | None:
    """Return for each Operator by its label whether it is scraped; None without an answer."""
    answer = fetched(f"{store_url}/api/v1/query?query=up", ANSWER_TIMEOUT_SECONDS)
    if answer is None:
        return None
    try:
        result = json.loads(answer)["data"]["result"]
        return {one["metric"].get("operator", ""): one["value"][1] == "1" for one in result}
    except (ValueError, KeyError, TypeError, IndexError):
        return None
