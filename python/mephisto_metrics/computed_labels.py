"""Values of labels that are computed from the arguments of the call that is timed."""

from __future__ import annotations

import logging
from typing import Any, Callable

FALLBACK_LABEL_VALUE = "unknown"
"""The value of a label whose callable failed: the call that is timed goes on all the same."""

logger = logging.getLogger(__name__)


class ChildByCall:
    """Finds the child for one call from its arguments."""

    def __init__(self, metric: Any, names: tuple[str, ...], labels: dict[str, object]) -> None:
        self._labels_of = metric.labels
        values = [(name, labels[name]) for name in names]
        self._values: list[tuple[str, Any]] = [
            (name, value if callable(value) else _text(value)) for name, value in values
        ]
        self._names_of_failed: set[str] = set()

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Return the child; no fault of a label's callable gets out of here."""
        return self._labels_of(
            *[
                self._compute(name, value, arguments, keywords) if callable(value) else value
                for name, value in self._values
            ]
        )

    def _compute(
        self,
        name: str,
        compute: Callable[..., object],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> str:
        try:
            return _text(compute(*arguments, **keywords))
        except Exception:
            if name not in self._names_of_failed:
                self._names_of_failed.add(name)
                logger.exception(
                    "the value of the label %r could not be computed; the time goes under %r",
                    name,
                    FALLBACK_LABEL_VALUE,
                )
            return FALLBACK_LABEL_VALUE


def _text(value: object) -> str:
    """Return the text of `value`; `UnicodeEncodeError` for half a surrogate pair in it.

    Metrics refuse that too, or fail at each exposition, where it is too late to tell whose it was.
    """
    text = str(value)
    text.encode()
    return text
