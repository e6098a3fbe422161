"""Variables that hold a secret itself: programs that are not ours have no need of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_VARIABLES = (
    "GRAFANA_PASSWORD",
    "GRAFANA_TOKEN",
    "MEPHISTO_METRICS_REMOTE_PASSWORD",
    "MEPHISTO_METRICS_REMOTE_TOKEN",
)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a program that is not ours."""
    return {name: value for name, value in environment.items() if name not in SECRET_VARIABLES}
