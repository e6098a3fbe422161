"""Marks in time over every panel: Operators that start and end, task runs that come and go.

Each query's value is the moment itself, in milliseconds (`useValueForTime`). So a mark lies where
it belongs however wide the steps of the query are, and all points of a series make one mark.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard

from .queries import series
from .variables import DATA_SOURCE

# Operators that end show up within as much of their end.
STEP = "15s"

# How finely the last sample is looked for. Finer finds a later one, and costs more.
LOOK = "5s"

RUN = "operator, task, task_run_id"


def mark(name: str, expr: str, *, color: str, title: str, text: str) -> dashboard.AnnotationQuery:
    """Mark the moments that a query has for its values, in seconds since the Unix epoch."""
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(DATA_SOURCE)
        .enable(True)
        .icon_color(color)
        .expr(f"1000 * {expr}")
        .step(STEP)
        .use_value_for_time(True)
        .title_format(title)
        .text_format(text)
        .tag_keys("operator")
    )


STARTED = series("operator_start_time_seconds")

# Alive a step ago, and no more: then the time of its last sample is when it ended. What can not
# be scraped at just that moment counts as ended, and is there again with the next step.
ENDED = (
    f"max by (operator) (max_over_time(timestamp({STARTED})[$__interval:{LOOK}]))"
    f" unless max by (operator) ({STARTED})"
)

ANNOTATIONS = (
    mark(
        "Operator starts",
        f"max by (operator) ({STARTED})",
        color="green",
        title="Operator started",
        text="{{operator}}",
    ),
    mark(
        "Operator ends",
        f"({ENDED})",
        color="red",
        title="Operator ended, or could not be reached",
        text="{{operator}}",
    ),
    mark(
        "Task run launches",
        f"max by ({RUN}) ({series('task_run_launch_time_seconds')})",
        color="blue",
        title="Task run launched",
        text="{{task}}, run {{task_run_id}}",
    ),
    mark(
        "Task run expiries",
        f"max by ({RUN}) ({series('task_run_expiry_time_seconds')})",
        color="orange",
        title="Task run expired",
        text="{{task}}, run {{task_run_id}}",
    ),
)
