"""A Grafana of somebody's own, by a stand-in for it: with nothing of ours in it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.stand_ins.archives import grafana_release
from tests.stand_ins.running import as_installed, ask, ready, without_grafanas_variables

from mephisto_metrics.stack.grafana import GrafanaOptions, prepare
from mephisto_metrics.stack.supervision import Program

TOKENS = {"glsa_admin": "Admin", "glsa_viewer": "Viewer"}


@contextlib.contextmanager
def existing_grafana(folder: Path, provisioning: dict[str, str] | None = None) -> Iterator[str]:
    """Run one with these provisioning files, by their paths; gives its address."""
    with pytest.MonkeyPatch.context() as patch:
        without_grafanas_variables(patch)
        patch.setenv("MEPHISTO_METRICS_HOME", str(folder / "theirs"))
        installed = as_installed(grafana_release(folder / "installed"))
        options = GrafanaOptions("127.0.0.1", 0, "admin", None, "http://127.0.0.1:9", 5.0)
        program = prepare(installed, options)
        own = folder / "theirs" / "config" / "grafana" / "provisioning"
        for path in own.rglob("*.*"):
            path.unlink()
        for name, text in (provisioning or {}).items():
            (own / name).parent.mkdir(parents=True, exist_ok=True)
            (own / name).write_text(text, encoding="utf-8")
        patch.setenv("STAND_IN_GRAFANA_TOKENS", json.dumps(TOKENS))
        with ready(_by_health_alone(program)):
            yield program.url


def _by_health_alone(program: Program) -> Program:
    def is_healthy() -> bool:
        try:
            return ask(program.url, "/api/health")[0] == 200
        except OSError:
            return False

    return replace(program, is_ready=is_healthy)


# Without what would decide in a test's place.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GRAFANA_")}
