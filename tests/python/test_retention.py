"""How long samples are kept, in Prometheus's notation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mephisto_metrics.stack.retention import DEFAULT_SECONDS, parse_retention


@pytest.mark.parametrize(
    ("text", "seconds", "size_bytes"),
    [
        ("", DEFAULT_SECONDS, None),
        ("15d", 15 * 86400, None),
        ("1h30m", 5400, None),
        ("500ms", 0.5, None),
        ("10GB", DEFAULT_SECONDS, 10 * 1024**3),
        ("2w, 512MB", 14 * 86400, 512 * 1024**2),
        ("512MB,2w", 14 * 86400, 512 * 1024**2),
    ],
)
def test_a_time_a_size_or_both_are_read(text: str, seconds: float, size_bytes: int | None) -> None:
    assert parse_retention(text) == (seconds, size_bytes)


@pytest.mark.parametrize("text", ["for ever", "15", "d", "1d,2d", "1GB,2GB", "-1d", "1.5d"])
def test_what_can_not_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="neither a time nor a size, or is there twice"):
        parse_retention(text)


@pytest.mark.parametrize("text", ["0d", "0GB"])
def test_a_retention_that_keeps_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="keep nothing"):
        parse_retention(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        retention = parse_retention(text)
    except ValueError:
        return
    assert retention.seconds > 0
