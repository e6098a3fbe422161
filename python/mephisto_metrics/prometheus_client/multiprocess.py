"""Values of several processes, in files.

Handed on to the real prometheus_client, which has to be installed: its `MultiProcessCollector` in a
registry of ours shows what our metrics and its own have written into the files of a folder.
"""

from __future__ import annotations

from typing import Any

from mephisto_metrics.prometheus_client.handing_on import original_module

_original = original_module("multiprocess")
__all__ = [name for name in dir(_original) if not name.startswith("_")]


def __getattr__(name: str) -> Any:
    return getattr(_original, name)
