"""What a demo takes over of what is set for real Operators."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mephisto_metrics.cli import demo


def test_of_what_is_set_for_real_operators_ports_and_the_interval_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {
        "MEPHISTO_METRICS_PORT": "0",
        "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS": "1",
        "MEPHISTO_METRICS_ADVERTISE": "gpu7",
    }
    monkeypatch.setattr(os, "environ", {"PROMETHEUS_PORT": "0", **variables})
    demo._use_scratch_home(tmp_path)
    kept = [name for name in variables if name in os.environ]
    assert kept == ["MEPHISTO_METRICS_PORT", "MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS"]
