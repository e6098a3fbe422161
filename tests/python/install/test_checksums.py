"""Reading the publishers' files with checksums."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.python.install.archives import prometheus_archive, prometheus_name
from tests.python.install.conftest import CommandLine

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.install import checksums

ONE, OTHER = "a" * 64, "0123456789abcdef" * 4
NAME = "prometheus-3.13.2.linux-amd64.tar.gz"

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,30}\.tar\.gz", fullmatch=True)


def test_a_digest_is_that_of_the_whole_file_wherever_it_was_read_to() -> None:
    content = bytes(range(256)) * 20_000
    file = io.BytesIO(content)
    file.seek(100)
    read: list[int] = []

    found = checksums.sha256(file, read.append)

    assert found == hashlib.sha256(content).hexdigest()
    assert read[-1] == len(content)
    assert read == sorted(read)


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}  {NAME}\n",
        f"{ONE} *{NAME}\n",
        f"{ONE.upper()}  {NAME}\r\n",
        f"\ufeff{ONE}\t./dist/{NAME}",
        f"{OTHER}  prometheus-3.13.2.linux-arm64.tar.gz\n{ONE}  {NAME}\n\n",
        f"{ONE}  a/{NAME}\n{ONE}  b/{NAME}\n",
        f"# made by hand\n{ONE}  {NAME}\n",
        ONE,
        f"\n {ONE.upper()} \n",
    ],
)
def test_both_formats_of_publishers_are_read(text: str) -> None:
    assert checksums.find(text, NAME, "it") == ONE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no file with SHA-256 checksums"),
        ("<html>404</html>", "no file with SHA-256 checksums"),
        (ONE[:-1], "no file with SHA-256 checksums"),
        (f"{ONE}a  {NAME}", "no file with SHA-256 checksums"),
        (f"{ONE}\n{OTHER}", "no file with SHA-256 checksums"),
        (f"{ONE}  {NAME}.sig", "does not list"),
        (f"{ONE}  x{NAME}", "does not list"),
        (f"{ONE}  {NAME}\n{OTHER}  {NAME}", "several different digests"),
    ],
)
def test_another_text_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(StackError, match=reason):
        checksums.find(text, NAME, "it")


def test_checksums_that_can_not_be_read_are_named_with_the_reason(
    command_line: CommandLine, tmp_path: Path
) -> None:
    archive, listed = tmp_path / prometheus_name("9.8.7"), tmp_path / "sha256sums.txt"
    archive.write_bytes(prometheus_archive("9.8.7"))
    listed.mkdir()

    result = command_line("install", "--from", archive)

    assert result.status == 1
    expected = f"`{listed}`, which says what the SHA-256 of `{archive.name}` must be, can not be"
    assert f"error: {expected} read: Is a directory\n" in result.err
    assert "hint: make it a file that you may read: the publisher's" in result.err


@settings(deadline=None)
@given(st.dictionaries(names, digests, min_size=1, max_size=8), st.data())
def test_each_file_of_a_list_has_its_own_digest(
    listed: dict[str, str], data: st.DataObject
) -> None:
    marks = data.draw(st.lists(st.sampled_from(["  ", " *", "\t"]), min_size=8, max_size=8))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = "".join(
        f"{digest}{mark}{name}{end}" for (name, digest), mark in zip(listed.items(), marks)
    )

    assert {name: checksums.find(text, name, "it") for name in listed} == listed


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_a_digest_that_stands_in_it_or_is_refused(text: str) -> None:
    try:
        found = checksums.find(text, NAME, "it")
    except StackError:
        return
    assert found in text.lower()
