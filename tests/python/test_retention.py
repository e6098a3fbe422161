"""How long samples are kept, in Prometheus's notation."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.built_in_store import begin_store

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
        ("292y,7EB", 292 * 365 * 86400, 7 * 1024**6),
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


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("300y", "longest time is 292y"),
        ("292y1ms", "longest time is 292y"),
        (f"{'9' * 400}ms", "longest time is 292y"),
        ("8EB", "largest size is 7EB"),
        ("99999999999999999999GB", "largest size is 7EB"),
    ],
)
def test_what_no_store_can_count_is_refused_with_the_limit(text: str, limit: str) -> None:
    with pytest.raises(ValueError, match=limit):
        parse_retention(text)


@pytest.mark.parametrize("text", ["292y", "7EB"])
def test_prometheus_takes_the_longest_time_and_the_largest_size(
    text: str, tmp_path: Path, needs_program: Callable[[str, str], str]
) -> None:
    retention = parse_retention(text)
    flags = [
        f"--storage.tsdb.retention.time={round(retention.seconds * 1000)}ms",
        f"--storage.tsdb.retention.size={retention.size_bytes or 1}B",
        f"--config.file={tmp_path / 'nowhere'}",
    ]
    command = [needs_program("prometheus", "prometheus"), *flags]
    ended = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    # It reads its flags first.
    assert "Error loading config" in ended.stderr


@pytest.mark.parametrize("text", ["292y", "7EB"])
def test_the_built_in_store_takes_the_longest_time_and_the_largest_size(
    text: str, tmp_path: Path
) -> None:
    retention = parse_retention(text)
    begin_store(
        tmp_path, retention_seconds=retention.seconds, retention_bytes=retention.size_bytes
    ).close()


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        retention = parse_retention(text)
    except ValueError:
        return
    assert retention.seconds > 0
