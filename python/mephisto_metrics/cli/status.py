"""`mephisto metrics status`."""

from __future__ import annotations

import json

import click

from mephisto_metrics.stack import page, store, targets
from mephisto_metrics.stack.state import PartState


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
def command(as_json: bool) -> None:
    """Say what runs: the store, the page, and each Operator that serves metrics."""
    parts = {"store": store.running(), "page": page.running()}
    operators = targets.live_targets()
    if as_json:
        value = {
            **{name: _as_dict(state) for name, state in parts.items()},
            "operators": [vars(operator) for operator in operators],
        }
        click.echo(json.dumps(value, indent=2))
        return
    for name, state in parts.items():
        click.echo(f"{name:<10}{_describe(state)}")
    for operator in operators:
        task = f", task {operator.task_name}" if operator.task_name else ""
        click.echo(f"{'operator':<10}http://{operator.address}/metrics (PID {operator.pid}{task})")
    if not operators:
        click.echo(f"{'operator':<10}none runs; start a Mephisto task, or `mephisto metrics demo`")


def _as_dict(state: PartState | None) -> dict[str, object] | None:
    return None if state is None else {"url": state.url, "pid": state.pid}


def _describe(state: PartState | None) -> str:
    return "does not run" if state is None else f"{state.url} (PID {state.pid})"
