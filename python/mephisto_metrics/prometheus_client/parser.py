"""Reading the text format, also with names in quotes, which can be of any characters.

Laxer than Prometheus itself: what is read here need not be what the format asks for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO

from mephisto_metrics.prometheus_client.metrics_core import Metric
from mephisto_metrics.prometheus_client.samples import Sample
from mephisto_metrics.prometheus_client.validation import (
    _is_valid_legacy_metric_name,
    _validate_labelname,
    _validate_metric_name,
)

WHITESPACE = " \t\n\r\x0b\x0c"

SERIES_SUFFIXES = {
    "summary": ("_count", "_sum", ""),
    "histogram": ("_count", "_sum", "_bucket"),
}
"""What the series of a family append to its name; of other types, nothing."""

ESCAPE_SEQUENCES = {r"\\": "\\", r"\n": "\n", r"\"": '"'}
HELP_ESCAPING_RE = re.compile(r"\\[\\n]")
ESCAPING_RE = re.compile(r'\\[\\n"]')

NAME = "__name__"
"""The label that a metric's name in quotes becomes on the way."""


def text_string_to_metric_families(text: str) -> Iterable[Metric]:
    """Yield the families of a text; `ValueError` where it is not of the format."""
    yield from text_fd_to_metric_families(io.StringIO(text))


def text_fd_to_metric_families(fd: TextIO) -> Iterable[Metric]:
    """Yield the families of an open file; `ValueError` where it is not of the format.

    A series that belongs to no family before it is a family of its own, of unknown type.
    """
    family = _Family("")
    for line in map(str.strip, fd):
        comment = _read_comment(line) if line.startswith("#") else None
        if comment is not None:
            if comment.name != family.name:
                yield from family.finished()
                family = _Family(comment.name)
            family.describe(comment)
        elif line and not line.startswith("#"):
            sample = _parse_sample(line)
            if sample.name not in family.series_names:
                yield from family.finished()
                family = _Family("")
                yield _family_of(sample.name, "", "untyped", [sample])
            else:
                family.samples.append(sample)
    yield from family.finished()


class _Comment(NamedTuple):
    """A line of help or type; `text` is what stands behind the name, None for nothing."""

    keyword: str
    name: str
    text: str | None


class _Family:
    """What is known of the family whose lines are being read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.documentation = ""
        self.type = "untyped"
        self.samples: list[Sample] = []
        self.series_names: list[str] = [name] if name else []

    def describe(self, comment: _Comment) -> None:
        """Take in a line of help or type; `ValueError` for a type that is missing."""
        if comment.keyword == "HELP":
            self.documentation = HELP_ESCAPING_RE.sub(replace_escape_sequence, comment.text or "")
            return
        if comment.text is None:
            raise ValueError(f"No type: expected one behind # TYPE {self.name}")
        self.type = comment.text
        suffixes = SERIES_SUFFIXES.get(self.type, ("",))
        self.series_names = [self.name + suffix for suffix in suffixes]

    def finished(self) -> Iterator[Metric]:
        """Yield it as a family, if anything has been read."""
        if self.name:
            yield _family_of(self.name, self.documentation, self.type, self.samples)


def _family_of(name: str, documentation: str, kind: str, samples: list[Sample]) -> Metric:
    if kind == "counter" and name.endswith("_total"):
        name = name[: -len("_total")]
    elif kind == "counter":
        samples = [sample._replace(name=f"{sample.name}_total") for sample in samples]
    family = Metric(name, documentation, kind)
    family.samples = samples
    return family


def _read_comment(line: str) -> _Comment | None:
    """Return what a comment says of a family, None for any other comment."""
    _, keyword, written, text = (*_split(line, at_most=4), None, None, None)[:4]
    if keyword not in ("HELP", "TYPE"):
        return None
    name, is_quoted = _unquote(written or "")
    if written and not is_quoted and not _is_valid_legacy_metric_name(name):
        raise ValueError(f"Invalid metric name: {name!r}: expected a name, or any text in quotes")
    return _Comment(keyword, name, text)


def _split(text: str, at_most: int) -> list[str]:
    """Split at whitespace outside of quotes; the last of `at_most` words is all the rest."""
    words: list[str] = []
    while text and len(words) < at_most - 1:
        end = _find_unquoted(text, WHITESPACE)
        words.append(text if end < 0 else text[:end])
        text = "" if end < 0 else text[end:].lstrip(WHITESPACE)
    return [*words, text] if text else words


def _find_unquoted(text: str, characters: str) -> int:
    """Return where the first of some characters stands outside of quotes, -1 for nowhere."""
    is_quoted = is_escaped = False
    for place, character in enumerate(text):
        if character == '"' and not is_escaped:
            is_quoted = not is_quoted
        if not is_quoted and character in characters:
            return place
        is_escaped = character == "\\" and not is_escaped
    return -1


def _parse_sample(line: str) -> Sample:
    opening = _find_unquoted(line, "{")
    if opening < 0 or " # " in line[:opening]:
        end = _find_unquoted(line, " \t")
        name, labels, rest = line[:end].strip(), {}, line[end + 1 :]
        if not _is_valid_legacy_metric_name(name):
            raise ValueError(f"invalid metric name:{line}")
    else:
        closing = opening + _find_unquoted(line[opening:], "}")
        labels = parse_labels(line[opening + 1 : closing])
        name, rest = _take_name(line[:opening].strip(), labels), line[closing + 1 :]
    return Sample(name, labels, *_parse_value_and_timestamp(rest))


def _take_name(name: str, labels: dict[str, str]) -> str:
    """Return the name of a series: from in front of the labels, or taken out of them."""
    if name and NAME in labels:
        raise ValueError("metric name specified more than once")
    if not name and NAME not in labels:
        raise ValueError("No metric name: expected one in front of the labels, or among them")
    return name or labels.pop(NAME)


def parse_labels(labels_string: str, openmetrics: bool = False) -> dict[str, str]:
    """Return the labels between the braces of a line; a name in quotes is that of the metric.

    OpenMetrics does not let a comma stand where no label is. Raises `ValueError` for what are no
    labels.
    """
    if openmetrics and labels_string.strip().startswith(","):
        raise ValueError(f"leading comma: {labels_string}")
    labels: dict[str, str] = {}
    try:
        for name, value in _label_terms(labels_string.strip(), openmetrics):
            if name in labels:
                raise ValueError(f"invalid line, duplicate label name: {labels_string}")
            labels[name] = value
    except ValueError as error:
        raise ValueError(f"Invalid labels: {labels_string}") from error
    return labels


def _label_terms(text: str, openmetrics: bool) -> Iterator[tuple[str, str]]:
    while text:
        name, value, text = _next_term(text)
        if value:
            yield _label_name(name), _label_value(value)
        elif openmetrics:
            raise ValueError("empty term")


def _next_term(text: str) -> tuple[str, str, str]:
    """Return name and value of the first label as they are written, and the text behind them."""
    text = text[1:] if text.startswith(",") else text
    if text.startswith(","):
        raise ValueError("multiple commas")
    name, end = NAME, _find_unquoted(text, "=,}")
    if end >= 0 and text[end] == "=":
        name, text = text[:end], text[end + 1 :]
        end = _find_unquoted(text, ",}")
    end = len(text) if end < 0 else end
    return name, text[:end].strip(), text[end:].strip()


def _label_name(written: str) -> str:
    name, is_quoted = _unquote(written)
    if not is_quoted and not _is_valid_legacy_metric_name(name):
        raise ValueError("unquoted UTF-8 metric name")
    if name == NAME:
        _validate_metric_name(name)
    else:
        _validate_labelname(name)
    return name


def _label_value(written: str) -> str:
    if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', written, re.DOTALL):
        raise ValueError(f"Invalid label value: {written}: expected it in quotes")
    return _unquote(written)[0]


def _unquote(text: str) -> tuple[str, bool]:
    """Return a text as it is meant, and whether it is in quotes."""
    text = text.strip()
    is_quoted = text.startswith('"')
    if is_quoted and (len(text) == 1 or not text.endswith('"')):
        raise ValueError("missing close quote")
    return ESCAPING_RE.sub(replace_escape_sequence, text[1:-1] if is_quoted else text), is_quoted


def replace_escape_sequence(match: re.Match[str]) -> str:
    """Return what an escape sequence stands for."""
    return ESCAPE_SEQUENCES[match.group(0)]


def _parse_value_and_timestamp(text: str) -> tuple[float, float | None]:
    """Return the value, and the timestamp behind it in seconds."""
    text = text.lstrip()
    words = [word.strip() for word in text.split(" " if " " in text else "\t") if word.strip()]
    if not words:
        return float(text), None
    value = _parse_number(words[0])
    return value, _parse_number(words[-1]) / 1000 if len(words) > 1 else None


def _parse_number(text: str) -> float:
    if "_" in text:
        raise ValueError(f"Invalid value: {text!r}")
    try:
        return int(text)
    except ValueError:
        return float(text)
