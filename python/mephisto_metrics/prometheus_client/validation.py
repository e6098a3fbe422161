"""Which names metrics and labels may have.

By default any UTF-8 text, as in Prometheus 3; the narrower rule of before with
`enable_legacy_validation` or `PROMETHEUS_LEGACY_NAME_VALIDATION=true`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

METRIC_NAME_RE = re.compile(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")
METRIC_LABEL_NAME_RE = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
RESERVED_METRIC_LABEL_NAME_RE = re.compile(r"^__.*$")

MAXIMUM_EXEMPLAR_CHARACTERS = 128


def is_enabled_in_environment(variable: str) -> bool:
    """Return whether an environment variable says true, in the words prometheus_client takes."""
    return os.environ.get(variable, "false").lower() in ("true", "1", "t")


_legacy_validation = is_enabled_in_environment("PROMETHEUS_LEGACY_NAME_VALIDATION")


def get_legacy_validation() -> bool:
    """Return whether only names of ASCII letters, digits and underscores are valid."""
    return _legacy_validation


def disable_legacy_validation() -> None:
    """Let names be any UTF-8 text, from now on."""
    global _legacy_validation  # noqa: PLW0603 - one rule for the process, as in the original
    _legacy_validation = False


def enable_legacy_validation() -> None:
    """Let names be of ASCII letters, digits and underscores only, from now on."""
    global _legacy_validation  # noqa: PLW0603
    _legacy_validation = True


def _validate_metric_name(name: str) -> None:
    """Raise `ValueError` unless `name` can be a metric's."""
    if not name:
        raise ValueError("metric name cannot be empty: expected at least one character")
    if _legacy_validation and not METRIC_NAME_RE.match(name):
        raise ValueError(f"invalid metric name {name}: expected {METRIC_NAME_RE.pattern}")
    _validate_utf8(name, "invalid metric name")


def _is_valid_legacy_metric_name(name: str) -> bool:
    """Return whether `name` needs no quotes or escaping in an exposition."""
    return METRIC_NAME_RE.match(name) is not None


def _validate_metric_label_name_token(tok: str) -> None:
    """Raise `ValueError` unless a parser may take `tok`, quotes included, for a label's name."""
    if not tok:
        raise ValueError("invalid label name token : expected at least one character")
    quoted = tok[0] == '"' and tok[-1] == '"'
    if quoted and not _legacy_validation:
        _validate_utf8(tok, "invalid label name token")
    elif not METRIC_LABEL_NAME_RE.match(tok):
        raise ValueError(f"invalid label name token {tok}: expected {METRIC_LABEL_NAME_RE.pattern}")


def _validate_labelname(l: str) -> None:
    """Raise `ValueError` unless `l` can be a label's name."""
    if _legacy_validation and not METRIC_LABEL_NAME_RE.match(l):
        raise ValueError(f"Invalid label metric name: {l}: expected {METRIC_LABEL_NAME_RE.pattern}")
    _validate_utf8(l, "Invalid label metric name:")
    if RESERVED_METRIC_LABEL_NAME_RE.match(l):
        raise ValueError(
            f"Reserved label metric name: {l}: names with two leading underscores are Prometheus's"
        )


def _is_valid_legacy_labelname(l: str) -> bool:
    """Return whether `l` needs no quotes or escaping in an exposition."""
    return bool(METRIC_LABEL_NAME_RE.match(l)) and not RESERVED_METRIC_LABEL_NAME_RE.match(l)


def _validate_labelnames(cls: Any, labelnames: Iterable[str]) -> tuple[str, ...]:
    """Return `labelnames` as a tuple; `ValueError` for one that a metric like `cls` cannot have."""
    labelnames = tuple(labelnames)
    for name in labelnames:
        _validate_labelname(name)
        if name in cls._reserved_labelnames:
            raise ValueError(
                f"Reserved label metric name: {name}: a {cls._type} gives it to its own series"
            )
    return labelnames


def _validate_exemplar(exemplar: Mapping[str, str]) -> None:
    """Raise `ValueError` unless `exemplar` is labels of at most 128 characters together."""
    for name in exemplar:
        _validate_labelname(name)
    characters = sum(len(name) + len(value) for name, value in exemplar.items())
    if characters > MAXIMUM_EXEMPLAR_CHARACTERS:
        raise ValueError(
            f"Exemplar labels have {characters} UTF-8 characters, exceeding the limit of "
            f"{MAXIMUM_EXEMPLAR_CHARACTERS}"
        )


def _validate_utf8(name: str, opening: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{opening} {name!r}: expected UTF-8: {error}") from None
