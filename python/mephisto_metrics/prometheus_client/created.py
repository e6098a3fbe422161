"""The `_created` series: when a counter, histogram or summary began, and whether that is shown."""

from __future__ import annotations

from typing import Protocol

from mephisto_metrics import _core
from mephisto_metrics.prometheus_client.samples import Sample
from mephisto_metrics.prometheus_client.validation import is_enabled_in_environment

_is_shown = True


class _Created(Protocol):
    @property
    def _created(self) -> float: ...


def created_samples(metric: _Created) -> tuple[Sample, ...]:
    """Return the sample of when `metric` began, in seconds since the epoch, if it is shown."""
    return (Sample("_created", {}, metric._created, None, None),) if _is_shown else ()


def disable_created_metrics() -> None:
    """Leave out the `_created` series of counters, histograms and summaries, from now on."""
    show(False)


def enable_created_metrics() -> None:
    """Show the `_created` series of counters, histograms and summaries, from now on."""
    show(True)


def is_shown() -> bool:
    """Return whether the `_created` series are shown."""
    return _is_shown


def show(is_shown: bool) -> None:
    """Show the `_created` series, or leave them out, from now on."""
    global _is_shown  # noqa: PLW0603 - one switch for the process, as in the original
    _is_shown = is_shown
    _core.set_created_series(is_shown)


def _get_use_created() -> bool:
    """Return whether the environment lets them be shown."""
    return not is_enabled_in_environment("PROMETHEUS_DISABLE_CREATED_SERIES")


show(_get_use_created())
