"""`mephisto metrics status`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from mephisto_metrics.cli.printable import printable
from mephisto_metrics.stack import store, targets, viewers
from mephisto_metrics.stack.settings import DEFAULT_SCRAPE_INTERVAL_SECONDS
from mephisto_metrics.stack.store_state import StoreState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mephisto_metrics.stack.viewers import ViewerState


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
def command(as_json: bool) -> None:
    """Say what runs: the store, each viewer, and each Operator that serves metrics."""
    shown, operators = viewers.shown(), targets.live_targets()
    asked = store.asked() or _shown_elsewhere(shown)
    if as_json:
        value = {
            "store": None if asked is None else _store_value(asked),
            "viewers": [_viewer_value(viewer) for viewer in shown],
            "operators": [vars(operator) for operator in operators],
        }
        click.echo(json.dumps(value, indent=2))
        return
    _line("store", "does not run" if asked is None else _store_text(asked))
    for viewer in shown:
        _line("viewer", f"{viewer.name} at {viewer.start_url} (PID {viewer.pid})")
    if not shown:
        _line("viewer", "none runs; `mephisto metrics view` shows one")
    for operator in operators:
        task = f", task {operator.task_name}" if operator.task_name else ""
        _line("operator", f"http://{operator.address}/metrics (PID {operator.pid}{task})")
    if not operators:
        _line("operator", _without_operators(asked))


def _shown_elsewhere(shown: Sequence[ViewerState]) -> StoreState | None:
    """Return a store elsewhere that a view was told of, and this command was not."""
    urls = [viewer.store_url for viewer in shown if viewer.store_url is not None]
    return StoreState("remote", urls[0], DEFAULT_SCRAPE_INTERVAL_SECONDS, None) if urls else None


def _without_operators(asked: StoreState | None) -> str:
    """Say that none runs here: of those elsewhere only the store knows, which is not asked."""
    if asked is None or not (asked.elsewhere or asked.kind == "remote"):
        return "none runs; start a Mephisto task, or `mephisto metrics demo`"
    sources = ", ".join(asked.elsewhere)
    which = f"in {sources}" if sources else "that the remote store scrapes"
    return f"none runs on this machine; `mephisto metrics view` shows those {which}"


def _line(part: str, text: str) -> None:
    click.echo(f"{part:<10}{printable(text)}")


def _store_value(asked: StoreState) -> dict[str, object]:
    return {"kind": asked.kind, "url": asked.url, "pid": asked.pid}


def _store_text(asked: StoreState) -> str:
    process = "" if asked.pid is None else f" (PID {asked.pid})"
    return f"{asked.name} at {asked.url}{process}"


def _viewer_value(viewer: ViewerState) -> dict[str, object]:
    return {"kind": viewer.kind, "url": viewer.start_url, "pid": viewer.pid}
