"""Files that hold the values of one process.

Handed on to the real prometheus_client, which has to be installed.
"""

from __future__ import annotations

from typing import Any

from mephisto_metrics.prometheus_client.handing_on import original_module

_original = original_module("mmap_dict")
__all__ = [name for name in dir(_original) if not name.startswith("_")]


def __getattr__(name: str) -> Any:
    return getattr(_original, name)
