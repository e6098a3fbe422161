"""All boards, the default one first."""

from __future__ import annotations

from .board import Board
from .database_board import DATABASE_BOARD
from .funnel_board import FUNNEL_BOARD
from .general_health import GENERAL_HEALTH
from .network_health import NETWORK_HEALTH
from .onboarding import ONBOARDING
from .operator_health import OPERATOR_HEALTH
from .operators_board import OPERATORS_BOARD
from .pipeline_board import PIPELINE_BOARD
from .validation import VALIDATION

DEFAULT_BOARD = Board(
    uid="mephisto",
    title="Mephisto: default monitoring",
    description="How the runs of your Operators go: workers, units, requests, and where time "
    "goes when something is slow.",
    rows=(GENERAL_HEALTH, OPERATOR_HEALTH, NETWORK_HEALTH, ONBOARDING, VALIDATION),
)

BOARDS = (DEFAULT_BOARD, DATABASE_BOARD, FUNNEL_BOARD, OPERATORS_BOARD, PIPELINE_BOARD)
