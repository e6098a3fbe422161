"""What a snapshot has nothing of, which an empty panel alone would not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mephisto_metrics.report.recording import key_of
from mephisto_metrics.report.variables import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mephisto_metrics.report.variables import Choice

OPERATORS = ("api/v1/series", (("match[]", 'up{job="mephisto"}'),))
"""The question for all Operators of the range."""
MOST_NAMED = 10


def gaps(
    choices: Sequence[Choice], chosen: Mapping[str, object], answers: Mapping[str, Any]
) -> Iterator[str]:
    """Tell of chosen values that no series has, and of a range in which no Operator was recorded.

    What the store does not answer is not told: the panels say so.
    """
    for choice in choices:
        # Where there are no values at all, the range is what is wrong.
        if choice.variable["name"] in chosen and choice.options:
            known = (ALL, *choice.options)
            yield from (_unknown(choice, one) for one in choice.selected if one not in known)
    if answers[key_of(*OPERATORS)].get("body", {}).get("data") == []:
        yield "no Operator was recorded in this range"


def _unknown(choice: Choice, value: str) -> str:
    named = ", ".join(f"`{one}`" for one in choice.options[:MOST_NAMED])
    more = " and others" if len(choice.options) > MOST_NAMED else ""
    name = choice.variable["name"]
    return f"no series of this range has `{value}` as its {name}: there is {named}{more}"
