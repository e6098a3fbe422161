"""Numbers and versions as text, the way Prometheus writes them."""

from __future__ import annotations

import math

INF = float("inf")
MINUS_INF = float("-inf")
NaN = float("NaN")

# Go writes an exponent from 10^6 on, Python from 10^16 on.
MOST_DIGITS_BEFORE_AN_EXPONENT = 6


def floatToGoString(d: float | str) -> str:
    """Return a number as Go, and so Prometheus, writes it: `+Inf`, `1e+06`, `0.5`."""
    number = float(d)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    text = repr(number)
    point = text.find(".")
    if number <= 0 or point <= MOST_DIGITS_BEFORE_AN_EXPONENT:
        return text
    mantissa = f"{text[0]}.{text[1:point]}{text[point + 1 :]}".rstrip("0.")
    return f"{mantissa}e+{point - 1:02d}"


def parse_version(version_str: str) -> tuple[int | str, ...]:
    """Return the parts of a version, numbers where they are numbers: `(1, 0, "rc1")`."""
    return tuple(_as_number(part) for part in version_str.split("."))


def _as_number(part: str) -> int | str:
    try:
        return int(part)
    except ValueError:
        return part
