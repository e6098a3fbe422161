"""The alerting and recording rules that a store evaluates."""

from __future__ import annotations

from pathlib import Path

import mephisto_metrics
from mephisto_metrics.machine import places

PACKAGED_FOLDER = Path(mephisto_metrics.__file__).parent / "rules"


def rule_files() -> list[Path]:
    """Return the packaged rule files, then the user's own: `rules/*.yml` in the home."""
    return [
        path
        for folder in (PACKAGED_FOLDER, places.rules_folder())
        for path in sorted(folder.glob("*.yml"))
    ]
