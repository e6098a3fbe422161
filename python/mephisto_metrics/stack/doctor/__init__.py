"""Looking for what is wrong: checks by area, none of which changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.doctor import (
    home,
    operators,
    ports,
    programs,
    settings,
    state_files,
    store,
    viewer,
)
from mephisto_metrics.stack.doctor.findings import Finding, note, problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Check = Callable[[], Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "settings": settings.check,
    "home": home.check,
    "programs": programs.check,
    "state": state_files.check,
    "ports": ports.check,
    "store": store.check,
    "viewer": viewer.check,
    "operators": operators.check,
}
NEED_NO_HOME = ("settings", "advertising")
"""Areas that can be looked at without a folder for metrics."""
UNCHECKED = "this could not be looked at"


def diagnose(checks: dict[str, Check] | None = None) -> list[Finding]:
    """Run all checks side by side and return what they find, in the order of the areas."""
    from concurrent.futures import ThreadPoolExecutor

    checks = CHECKS if checks is None else checks
    without_home = _without_home()
    if without_home is not None:
        checks = {area: check for area, check in checks.items() if area in NEED_NO_HOME}
    with ThreadPoolExecutor(max_workers=len(checks)) as pool:
        found: Sequence[list[Finding]] = list(pool.map(_run, checks, checks.values()))
    return [*([] if without_home is None else [without_home]), *(f for each in found for f in each)]


def _without_home() -> Finding | None:
    try:
        places.home()
    except StackError as error:
        meaning = "nothing can be recorded, and nothing shown, as there is no folder for it"
        return problem("home.unknown", str(error), meaning, error.hint)
    return None


def _run(area: str, check: Check) -> list[Finding]:
    """Return what a check finds; what it stumbles over is a finding too."""
    try:
        return list(check())
    except StackError as error:  # of a setting that is wrong, which is told where settings are
        return [note(f"{area}.unchecked", str(error), UNCHECKED, error.hint)]
    except OSError as error:  # of a home that is closed, which is told where homes are
        said = f"{error.strerror or error}: {error.filename or places.home()}"
        return [note(f"{area}.unchecked", said, UNCHECKED, "see what is said of the home")]
