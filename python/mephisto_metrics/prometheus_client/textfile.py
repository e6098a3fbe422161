"""Metrics in a file, for the textfile collector of the node exporter."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from mephisto_metrics.prometheus_client.encoding import generate_latest
from mephisto_metrics.prometheus_client.registry import Collector


def write_to_textfile(
    path: str,
    registry: Collector,
    escaping: str = "allow-utf-8",
    tmpdir: str | None = None,
) -> None:
    """Write the metrics of a registry to `path`, which must end in `.prom` to be found.

    A reader sees the old or the new text, never a part: it is written beside and renamed, or in
    `tmpdir`, which must then be on the same file system. Nothing is left behind by an error.
    """
    target = Path(path)
    folder = target.parent if tmpdir is None else Path(tmpdir)
    written = folder / f"{target.name}.{os.getpid()}.{threading.get_ident()}"
    try:
        with written.open("wb") as file:
            file.write(generate_latest(registry, escaping))
        written.replace(target)
    except Exception:
        written.unlink(missing_ok=True)
        raise
