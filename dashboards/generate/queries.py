"""PromQL as the panels need it: every selector limited to the chosen Operators and tasks."""

from __future__ import annotations

from dataclasses import dataclass

CHOSEN = 'operator=~"$operator", task_name=~"$task"'

# Grafana makes this at least four scrape intervals, so a rate always has two samples to go by.
WINDOW = "$__rate_interval"


@dataclass(frozen=True)
class Query:
    """One query of a panel, and the name that its series get in the legend."""

    legend: str
    expr: str


def series(metric: str, *matchers: str) -> str:
    """Select the chosen Operators' and tasks' series of `metric` that all `matchers` fit."""
    return f"{metric}{{{', '.join((*matchers, CHOSEN))}}}"


def rate_per_second(metric: str, *matchers: str) -> str:
    """Give the increase per second of each chosen counter."""
    return f"rate({series(metric, *matchers)}[{WINDOW}])"


def rate_per_minute(label: str, counter: str, *matchers: str) -> str:
    """Give the increase per minute of a counter, added up for each value of `label`."""
    return f"60 * sum by ({label}) ({rate_per_second(counter, *matchers)})"


def quantile_by(label: str, quantile: float, histogram: str, *matchers: str) -> str:
    """Estimate a quantile of a histogram, over the last window, for each value of `label`."""
    buckets = rate_per_second(f"{histogram}_bucket", *matchers)
    return f"histogram_quantile({quantile}, sum by (le, {label}) ({buckets}))"


def mean_by(label: str, histogram: str) -> str:
    """Give the mean of what a histogram observed in the last window, for each value of `label`."""
    total, count = (rate_per_second(f"{histogram}_{part}") for part in ("sum", "count"))
    return f"sum by ({label}) ({total}) / sum by ({label}) ({count})"


def increase_by_bucket(histogram: str, *matchers: str) -> str:
    """Give how many observations each bucket of a histogram and those below got in a window."""
    buckets = series(f"{histogram}_bucket", *matchers)
    return f"sum by (le) (increase({buckets}[{WINDOW}]))"


def quoted(text: str) -> str:
    """Write a text that has no quotes of its own as PromQL has it."""
    return f'"{text}"'


def one_of(label: str, values: tuple[str, ...]) -> str:
    """Match the series whose `label` has one of these values."""
    return label + '=~"' + "|".join(values) + '"'


def none_of(label: str, values: tuple[str, ...]) -> str:
    """Match the series whose `label` has none of these values."""
    return label + '!~"' + "|".join(values) + '"'
