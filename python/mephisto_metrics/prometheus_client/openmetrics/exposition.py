"""The OpenMetrics text format, and the escaping of names for readers that know only ASCII ones."""

from __future__ import annotations

from typing import Callable

from mephisto_metrics.prometheus_client.encoding import encode
from mephisto_metrics.prometheus_client.registry import Collector
from mephisto_metrics.prometheus_client.utils import floatToGoString, parse_version
from mephisto_metrics.prometheus_client.validation import (
    _is_valid_legacy_labelname,
    _is_valid_legacy_metric_name,
)

__all__ = [
    "ALLOWUTF8",
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_LATEST_2_0",
    "DOTS",
    "ESCAPING_HEADER_TAG",
    "UNDERSCORES",
    "VALUES",
    "escape_label_name",
    "escape_metric_name",
    "floatToGoString",
    "generate_latest",
    "parse_version",
]

CONTENT_TYPE_LATEST = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""Content type of OpenMetrics 1.0."""
CONTENT_TYPE_LATEST_2_0 = "application/openmetrics-text; version=2.0.0; charset=utf-8"
"""Content type of OpenMetrics 2.0, which has native histograms."""
ESCAPING_HEADER_TAG = "escaping"

ALLOWUTF8 = "allow-utf-8"
UNDERSCORES = "underscores"
DOTS = "dots"
VALUES = "values"

IsValid = Callable[[str, int], bool]
"""Whether a character can stand at this place of a name."""


def generate_latest(
    registry: Collector, escaping: str = UNDERSCORES, version: str = "1.0.0"
) -> bytes:
    """Return the metrics of a registry as OpenMetrics text of `version`, UTF-8."""
    content_type = f"application/openmetrics-text; version={version}; charset=utf-8"
    return encode(registry, content_type, escaping)


def escape_metric_name(s: str, escaping: str = UNDERSCORES) -> str:
    """Return a metric's name as it is written; in quotes where UTF-8 is allowed and needed."""
    return _escape_name(s, escaping, _is_valid_legacy_metric_name, _is_legacy_metric_rune)


def escape_label_name(s: str, escaping: str = UNDERSCORES) -> str:
    """Return a label's name as it is written; in quotes where UTF-8 is allowed and needed."""
    return _escape_name(s, escaping, _is_valid_legacy_labelname, _is_legacy_labelname_rune)


def _escape_name(
    name: str, escaping: str, is_valid_name: Callable[[str], bool], is_valid: IsValid
) -> str:
    if not name:
        return name
    needs_nothing = is_valid_name(name)
    if needs_nothing and escaping in (UNDERSCORES, VALUES):
        return name
    escaped = _escape(name, escaping, is_valid)
    return f'"{escaped}"' if escaping == ALLOWUTF8 and not needs_nothing else escaped


def _escape(s: str, escaping: str, valid_rune_fn: IsValid) -> str:
    """Return text without what `escaping` forbids; of an unknown escaping, as it is."""
    if escaping == ALLOWUTF8:
        return s.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    if escaping not in _ESCAPES:
        return s
    prefix, escape = _ESCAPES[escaping]
    return prefix + "".join(
        escape(character, valid_rune_fn(character, place)) for place, character in enumerate(s)
    )


def _underscore(character: str, is_valid: bool) -> str:
    return character if is_valid else "_"


def _dot(character: str, is_valid: bool) -> str:
    if character == ".":
        return "_dot_"
    return character if is_valid and character != "_" else "__"


def _code_point(character: str, is_valid: bool) -> str:
    if character == "_":
        return "__"
    if is_valid:
        return character
    return f"_{ord(character):x}_" if _is_valid_utf8(character) else "_FFFD_"


_ESCAPES: dict[str, tuple[str, Callable[[str, bool], str]]] = {
    UNDERSCORES: ("", _underscore),
    DOTS: ("", _dot),
    VALUES: ("U__", _code_point),
}
"""What each escaping begins with, and what it makes of a character."""


def _is_legacy_metric_rune(b: str, i: int) -> bool:
    return _is_legacy_labelname_rune(b, i) or b == ":"


def _is_legacy_labelname_rune(b: str, i: int) -> bool:
    if len(b) != 1:
        raise ValueError(f"Input 'b' must be a single character.: received {len(b)}")
    return b.isascii() and (b.isalpha() or b == "_" or (b.isdigit() and i > 0))


def _is_valid_utf8(s: str) -> bool:
    return not "\ud800" <= s <= "\udfff"
