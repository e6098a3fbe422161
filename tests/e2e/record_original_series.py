"""Records every series that Mephisto's own metrics have: `tests/data/original_series.txt`.

Run by hand, with the real prometheus_client, in the environment of `requirements/mephisto.txt`:

    MEPHISTO_METRICS_OFF=1 PYTHONPATH=python python tests/e2e/record_original_series.py

Values, worker ids and what differs between machines are left out.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mephisto_metrics.simulation.mephisto_run import run
from mephisto_metrics.simulation.pace import BRISK

TARGET = Path(__file__).parent.parent / "data" / "original_series.txt"
VOLATILE_FAMILIES = ("python_info",)
VOLATILE_LABELS = ("worker_id",)


def series_of(exposition: str) -> set[str]:
    """Return each series of an exposition as one line, without value and volatile label values."""
    return {
        _line(sample.name, sample.labels)
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


def _line(name: str, labels: dict[str, str]) -> str:
    shown = {
        label: "*" if name in VOLATILE_FAMILIES or label in VOLATILE_LABELS else value
        for label, value in sorted(labels.items())
    }
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in shown.items()) + "}"


def main() -> None:
    """Run every kind once and write what there is to see at its end."""
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as home:
        run(
            Path(home),
            pace=BRISK,
            duration_seconds=15,
            on_end=lambda: seen.update(series_of(generate_latest().decode())),
        )
    TARGET.write_text("\n".join(sorted(seen)) + "\n")


if __name__ == "__main__":
    main()
