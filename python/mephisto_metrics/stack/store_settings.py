"""What is set for a store, as variables: for whoever compares it, or starts the store again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from mephisto_metrics.stack import elsewhere, remote, settings
from mephisto_metrics.stack.processes import with_whole_paths
from mephisto_metrics.stack.secret_variables import SECRET_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

StoreSettings = dict[str, Optional[str]]
"""Values by variable; None in the place of a secret, which is never written down."""

GROUPS: tuple[tuple[str, ...], ...] = (
    (settings.STORE_PORT_VARIABLE,),
    (settings.RETENTION_VARIABLE,),
    (settings.SCRAPE_INTERVAL_VARIABLE,),
    elsewhere.VARIABLES,
    remote.VARIABLES,
)
"""What belongs together: without the first of its group a variable means nothing to a store."""


def set_in(environment: Mapping[str, str]) -> StoreSettings:
    """Return what an environment says to a store, with paths that hold in another folder too."""
    found = with_whole_paths(environment)
    names = [name for group in GROUPS for name in group if found.get(name, "").strip()]
    return {name: None if name in SECRET_VARIABLES else found[name].strip() for name in names}
