"""`mephisto metrics cleanup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mephisto_metrics.stack import grafana, keeper, store, targets, viewers
from mephisto_metrics.stack.doctor import state_files
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.processes import VIEW_STOP_PATIENCE_SECONDS
from mephisto_metrics.stack.supervision import stop_left_behind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mephisto_metrics.stack.store_state import StoreState


@click.command("cleanup")
def command() -> None:
    """Stop the store and all views, and sweep what processes left behind.

    Operators go on, and each starts the store again when it next looks for it, within some ten
    seconds. Recorded data stays.
    """
    left_behind = state_files.left_behind()
    stored = store.running()  # it may go with the view that had started it
    with explaining_home_faults():
        done = [*_stop_views(), *_stop_store(stored), *_sweep()]
    done += _removed(left_behind)
    for text in done or ["nothing to clean up"]:
        click.echo(text, err=True)


def _removed(left_behind: Sequence[Path]) -> list[str]:
    removed = [path for path in left_behind if not path.exists()]
    return [f"removed {len(removed)} state files of processes that are gone"] if removed else []


def _stop_views() -> list[str]:
    said = []
    # Those that would take over are the first to go.
    for viewer in sorted(viewers.living_viewers(), key=lambda viewer: viewer.kind is not None):
        if viewer.identity.stop(VIEW_STOP_PATIENCE_SECONDS):
            where = "" if viewer.url is None else f" at {viewer.url}"
            said.append(f"stopped {viewer.name}{where} (PID {viewer.pid})")
    viewers.living_viewers()
    left_behind = stop_left_behind(grafana.state_path())
    if left_behind is not None:
        said.append(f"stopped a Grafana left behind (PID {left_behind.pid})")
    return said


def _stop_store(stored: StoreState | None) -> list[str]:
    process = keeper.living()
    is_stopped = store.stop()
    if stored is not None:
        return [f"stopped {stored.name} at {stored.url} (PID {stored.pid})"]
    if process is not None:
        return [f"stopped a store that was starting (PID {process.pid})"]
    return ["stopped a Prometheus left behind"] if is_stopped else []


def _sweep() -> list[str]:
    swept = targets.sweep()
    return [f"removed {len(swept)} target files of Operators that are gone"] if swept else []
