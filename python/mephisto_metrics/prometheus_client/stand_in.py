"""The drop-in under prometheus_client's own name: `sys.modules["prometheus_client"] = ours`.

Below a package that a program has put there, Python would load each module a second time: with
classes and a default registry that are not those of the first. The finder of this module answers
with what is loaded already.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

DROP_IN = "mephisto_metrics.prometheus_client"


def is_ours(module: object) -> bool:
    """Return whether `module` is the drop-in or one of its modules, whatever it is imported as."""
    return f"{getattr(module, '__name__', None)}.".startswith(f"{DROP_IN}.")


class StandInFinder(importlib.abc.MetaPathFinder):
    """Answers for the modules of the drop-in under any other name of it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module below the drop-in's other name, None for any other."""
        parent_name, _, name = fullname.rpartition(".")
        parent = sys.modules.get(parent_name)
        if parent is None or not is_ours(parent) or parent.__name__ == parent_name:
            return None
        own_name = f"{parent.__name__}.{name}"
        if importlib.util.find_spec(own_name) is None:
            return None
        return ModuleSpec(fullname, _LoadedModule(own_name))


class _LoadedModule(importlib.abc.Loader):
    """Gives a module that is imported under another name."""

    def __init__(self, own_name: str) -> None:
        self._module = importlib.import_module(own_name)
        self._own_spec = self._module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        # By now it has the spec of its other name, with which it could not be reloaded.
        module.__spec__ = self._own_spec


sys.meta_path.insert(0, StandInFinder())
