"""A board's variables in its queries, by the rules of the page's `src/query/template.ts`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALL = "$__all"
HIDDEN = 2

_REFERENCE = re.compile(r"\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]", re.ASCII)
_LABEL_VALUES = re.compile(r"\s*label_values\((?:(.*),)?\s*(\w+)\s*\)\s*", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class Choice:
    """What a variable stands for."""

    variable: Mapping[str, Any]
    selected: Sequence[str]
    """The chosen values; `[ALL]` for All."""
    options: Sequence[str]
    """Every value there is, for an All without `allValue`."""


def choosable(dashboard: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the variables that a person can choose."""
    variables = (dashboard.get("templating") or {}).get("list") or []
    return [one for one in variables if one["type"] == "query" and one.get("hide") != HIDDEN]


def label_values_query(variable: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the selector, which may be empty, and the label that the variable's query names."""
    query = variable.get("query") or ""
    text = query if isinstance(query, str) else query.get("query") or ""
    match = _LABEL_VALUES.fullmatch(text)
    return match and ((match[1] or "").strip(), match[2])


def default_selection(variable: Mapping[str, Any]) -> list[str]:
    """Return the board's own choice."""
    value = (variable.get("current") or {}).get("value") or []
    values = [value] if isinstance(value, str) else list(value)
    return values or ([ALL] if variable.get("includeAll") else [])


def substitute(text: str, choices: Sequence[Choice], built_in: Mapping[str, str] = {}) -> str:
    """Write the variables into a query; an unknown name stays as it is."""

    def written(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[4]
        if name in built_in:
            return built_in[name]
        choice = next((one for one in choices if one.variable["name"] == name), None)
        return match[0] if choice is None else _written(choice, match[3])

    return _REFERENCE.sub(written, text)


def _written(choice: Choice, form: str | None) -> str:
    is_all = ALL in choice.selected
    # An `allValue` is the author's own regular expression: it goes in untouched.
    if is_all and choice.variable.get("allValue"):
        return str(choice.variable["allValue"])
    values = choice.options if is_all else choice.selected
    if form in {"raw", "csv"}:
        return ",".join(values)
    if form == "pipe":
        return "|".join(values)
    if form == "regex":
        return _alternatives([re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", one) for one in values])
    if choice.variable.get("multi") or choice.variable.get("includeAll"):
        return _alternatives([_escaped_regex_in_string(one) for one in values])
    return ",".join(one.replace("\\", "\\\\").replace('"', '\\"') for one in values)


def _alternatives(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"({'|'.join(values)})"


def _escaped_regex_in_string(value: str) -> str:
    """Escape for a regular expression inside a string literal, hence each backslash twice."""
    value = value.replace("\\", "\\\\\\\\").replace('"', '\\\\\\"')
    return re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", value)
