"""Whether servers answer, on a machine that now and then stands still for seconds."""

from __future__ import annotations

from mephisto_metrics.stack.readiness import fetched

PATIENCE_SECONDS = 60


def answers_at_once(url: str) -> bool:
    """Whether the server at `url` says that it is ready, though it is asked no second time.

    One that is slow to answer is waited for, unlike by `is_ready`.
    """
    return fetched(f"{url}/-/ready", PATIENCE_SECONDS) is not None
