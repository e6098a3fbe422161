"""Other Validation Metrics: gold and screening units, which test workers within the task."""

from __future__ import annotations

from .operator_health import OUTCOME, function_panel
from .panels import Row

GOLD_DATA = function_panel(
    "get_gold_unit_data_for_worker",
    meaning="How long it takes to choose a gold unit, one whose right answer is known, for a "
    "worker. Tasks without gold units show nothing.",
    otherwise=f"the function that chooses gold units for your task is slow. {OUTCOME}",
)

SCREENING_DATA = function_panel(
    "get_screening_unit_data",
    meaning="How long it takes to get the data of a screening unit, the trial unit of a worker "
    "who is new to the task. Tasks without screening show nothing.",
    otherwise=f"your task's generator of screening data is slow. {OUTCOME}",
)

SCREENING_LAUNCH = function_panel(
    "launch_screening_unit",
    meaning="How long it takes to launch a screening unit once its data is there. Tasks without "
    "screening show nothing.",
    otherwise="it is an assignment and a unit written into the database, so the database is slow "
    f"(P99 database response time by method). {OUTCOME}",
)

VALIDATION = Row(
    title="Other Validation Metrics",
    first_id=500,
    panels=(GOLD_DATA, SCREENING_DATA, SCREENING_LAUNCH),
    is_collapsed=True,
)
