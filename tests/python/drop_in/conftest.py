"""Ours and prometheus_client 0.26.0 side by side, for the same calls on both.

The reference is loaded under a name of its own (it uses relative imports only), so it does not get
in the way of the release that Mephisto pins.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

import pytest

import mephisto_metrics.prometheus_client

REFERENCE = "reference_prometheus_client"
REFERENCE_FOLDER = Path(sys.prefix, "reference", "prometheus_client")


class Library:
    """One of the two: its names and its modules as attributes."""

    def __init__(self, package: ModuleType) -> None:
        self.package = package

    def __getattr__(self, name: str) -> Any:
        if hasattr(self.package, name):
            return getattr(self.package, name)
        return self.module(name)

    def module(self, name: str) -> ModuleType:
        """Import a module of it: `openmetrics.exposition`."""
        return importlib.import_module(f"{self.package.__name__}.{name}")


class Both:
    """Ours and the reference; `agree` is the comparison."""

    def __init__(self, ours: Library, reference: Library) -> None:
        self.ours = ours
        self.reference = reference

    def agree(self, action: Callable[[Library], Any]) -> Any:
        """Assert that an action gives the same on both: value or error; and return what it gave.

        An error's text may go on behind the reference's words.
        """
        ours, expected = outcome(action, self.ours), outcome(action, self.reference)
        if isinstance(expected, Exception) and isinstance(ours, Exception):
            assert type(ours).__name__ == type(expected).__name__, (ours, expected)
            assert without_names(str(ours)).startswith(without_names(str(expected)))
        else:
            assert plain(ours) == plain(expected)
        return ours


def outcome(action: Callable[[Library], Any], library: Library) -> Any:
    try:
        return action(library)
    except Exception as error:  # noqa: BLE001 - errors are what is compared
        return error


def without_names(message: str) -> str:
    """Leave out the package's name and addresses, and the order of sets."""
    for package in (REFERENCE, mephisto_metrics.prometheus_client.__name__):
        message = message.replace(package, "P")
    message = re.sub(r"0x[0-9a-f]+", "0x", message)
    return re.sub(r"{('[^{}:]+')}", lambda found: str(sorted(found[1].split(", "))), message)


def plain(value: Any) -> Any:
    """Return what can be compared, whichever library a value is of."""
    if hasattr(value, "samples"):
        parts = (value.name, value.documentation, value.type, value.unit, value.samples)
        return ("family", *map(plain, parts))
    if hasattr(value, "nsec"):
        return ("timestamp", value.sec, value.nsec)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return without_names(value) if isinstance(value, str) else value


def load_reference() -> ModuleType:
    if REFERENCE in sys.modules:
        return sys.modules[REFERENCE]
    if not REFERENCE_FOLDER.is_dir():
        pytest.fail(f"{REFERENCE_FOLDER} is missing: run `make install`")
    spec = importlib.util.spec_from_file_location(REFERENCE, REFERENCE_FOLDER / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[REFERENCE] = package
    spec.loader.exec_module(package)
    return package


@pytest.fixture(scope="session")
def both() -> Both:
    """Ours and prometheus_client 0.26.0."""
    return Both(Library(mephisto_metrics.prometheus_client), Library(load_reference()))


@pytest.fixture(scope="session")
def ours(both: Both) -> Library:
    return both.ours


@pytest.fixture(scope="session")
def reference(both: Both) -> Library:
    return both.reference
