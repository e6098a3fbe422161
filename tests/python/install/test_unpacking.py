"""Unpacking: what comes out of honest archives, and that nothing gets out of the folder."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.python.install.archives import (
    Member,
    archive,
    file,
    folder,
    hard_link,
    long_name,
    special,
    symlink,
)

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.install import unpacking
from mephisto_metrics.stack.install.unpacking import unpack


@pytest.fixture
def place(tmp_path: Path) -> Path:
    inside = tmp_path / "outside" / "inside"
    inside.mkdir(parents=True)
    (tmp_path / "outside" / "secret").write_text("secret")
    return inside


def unpacked(members: list[Member], place: Path) -> Path:
    return unpack(io.BytesIO(archive(members)), place)


def everything(place: Path) -> list[str]:
    """Return all that is around the folder for unpacking, but not in it."""
    outside = place.parent
    return sorted(str(path.relative_to(outside)) for path in outside.iterdir())


def test_a_release_comes_out_with_its_files_links_and_modes(place: Path) -> None:
    top = unpacked(
        [
            folder("./"),
            folder("./top"),
            file("./top/bin/run", b"#!/bin/sh\n", mode=0o755),
            file("./top/read", b"text", mode=0o644),
            symlink("top/run", "bin/run"),
            symlink("top/bin/up", "../read"),
            symlink("top/here", "."),
            hard_link("top/again", "./top/read"),
        ],
        place,
    )

    assert top == place / "top"
    assert (top / "run").read_bytes() == b"#!/bin/sh\n"
    assert os.access(top / "bin" / "run", os.X_OK)
    assert not os.access(top / "read", os.X_OK)
    assert (top / "bin" / "up").read_text() == "text"
    assert (top / "again").read_text() == "text"


def test_rights_for_everybody_and_of_other_users_do_not_come_out(place: Path) -> None:
    top = unpacked([file("top/run", mode=0o6777)], place)

    mode = stat.S_IMODE((top / "run").stat().st_mode)
    assert mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWGRP | stat.S_IWOTH) == 0
    assert mode & stat.S_IRWXU == stat.S_IRWXU


ATTACKS: dict[str, list[Member]] = {
    "absolute path": [file("/nowhere/evil")],
    "absolute path below a top": [file("top/a"), file("//evil/b")],
    "dots": [file("top/../../evil")],
    "dots at the start": [file("../evil")],
    "dots that stay inside": [file("top/a/../b")],
    "backslashes": [file("top\\..\\..\\evil")],
    "endless name": [file("top/" + "a/" * 1000 + "x")],
    "part of a name that no file system takes": [file("top/" + "ä" * 128)],
    "part of a link that no file system takes": [symlink("top/link", "a" * 256)],
    "endless link": [symlink("top/link", "a/" * 1000 + "x")],
    "name that steers a terminal": [file("top/a\n\x1b[2Jb")],
    "name that is no text": [file("top/\udcff")],
    "link that steers a terminal": [symlink("top/link", "\x1b]0;owned\x07")],
    "link with a zero": [special("top/link", tarfile.SYMTYPE, says={"linkpath": "a\0b"})],
    "file smaller than nothing": [file("top/a", says={"size": "-512"})],
    "file with holes": [file("top/a", says={"GNU.sparse.map": "0,1", "GNU.sparse.size": "9"})],
    "long header": [file("top/a", says={"comment": "x" * 100_000})],
    "header with many records": [file("top/a", says={f"{one}": "x" for one in range(101)})],
    "many headers of one file": [*[long_name(b"top/a")] * 100, file("top/a")],
    "absolute symlink": [symlink("top/link", "/etc/passwd")],
    "symlink out": [symlink("top/link", "../../secret")],
    "symlink to the folder around": [symlink("top/link", "..")],
    "symlink out and in again": [symlink("top/link", "../../inside/top/x"), file("top/x")],
    "file through a symlink": [symlink("top/link", "sub"), file("top/link/file")],
    "file over a symlink": [symlink("top/link", "real"), file("top/link", b"evil")],
    "file through a symlink of another case": [symlink("top/LINK", "sub"), file("top/link/file")],
    "symlink through a symlink": [
        folder("top/a/b"),
        symlink("top/a/b/up", "../.."),
        symlink("top/q", "a/b/up/../secret"),
    ],
    "symlink through a later symlink": [
        symlink("top/q", "s/../../secret"),
        symlink("top/s", "a/b"),
        file("top/a/b/c"),
    ],
    "symlink in the place of a folder": [file("top/a/b"), symlink("top/a", ".")],
    "symlink as the top": [symlink("top", ".")],
    "hard link out": [hard_link("top/link", "../secret")],
    "symlink to nowhere": [symlink("top/link", "")],
    "file without a name": [file("./"), file("top/a")],
    "file that is called a folder": [file("top/.")],
    "absolute hard link": [hard_link("top/link", "/etc/passwd")],
    "hard link to nothing": [hard_link("top/link", "top/later"), file("top/later")],
    "hard link to a symlink": [symlink("top/s", "x"), hard_link("top/link", "top/s")],
    "hard link through a symlink": [
        file("top/d/f"),
        symlink("top/s", "d"),
        hard_link("top/link", "top/s/f"),
    ],
    "named pipe": [special("top/pipe", tarfile.FIFOTYPE)],
    "character device": [special("top/null", tarfile.CHRTYPE)],
    "block device": [special("top/disk", tarfile.BLKTYPE)],
    "same file twice": [file("top/a"), file("top/a", b"evil")],
    "folder in the place of a file": [file("top/a"), folder("top/a")],
    "file below a file": [file("top/a"), file("top/a/b")],
    "nothing": [],
    "two folders": [file("one/a"), file("two/a")],
    "a file beside the folder": [file("top/a"), file("beside")],
    "a single file": [file("top")],
}


@pytest.mark.parametrize("members", ATTACKS.values(), ids=list(ATTACKS))
def test_what_no_release_holds_is_refused_and_leaves_the_folder_alone(
    members: list[Member], place: Path
) -> None:
    before = everything(place)

    with pytest.raises(StackError, match="the archive is not unpacked"):
        unpacked(members, place)

    assert everything(place) == before
    assert (place.parent / "secret").read_text() == "secret"
    assert not Path("/nowhere/evil").exists()


def test_an_archive_that_is_too_large_unpacked_is_refused(place: Path) -> None:
    content = archive([file("top/a", bytes(60_000)), file("top/b", bytes(60_000))])

    with pytest.raises(StackError, match=r"larger than 100,000 bytes"):
        unpack(io.BytesIO(content), place, limit_bytes=100_000)

    assert unpack(io.BytesIO(content), place, limit_bytes=120_000).name == "top"


def test_a_long_header_is_refused_before_it_is_in_memory(place: Path) -> None:
    size_bytes = 32 << 20
    content = archive([long_name(b"a" * size_bytes), file("top/a")])
    tracemalloc.start()
    try:
        with pytest.raises(StackError, match="a header of it is larger than 65,536 bytes"):
            unpack(io.BytesIO(content), place)
        assert tracemalloc.get_traced_memory()[1] < size_bytes / 8
    finally:
        tracemalloc.stop()


def test_headers_that_are_too_large_together_are_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "HEADERS_LIMIT_BYTES", 100_000)
    members = [file(f"top/{number}", says={"comment": "x" * 20_000}) for number in range(9)]

    with pytest.raises(StackError, match="its headers are larger than 100,000 bytes"):
        unpacked(members, place)


@pytest.mark.parametrize("name", ["./", "top"])
def test_a_folder_that_comes_again_and_again_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(unpacking, "MEMBERS_LIMIT", 20)

    with pytest.raises(StackError, match="more than 20 files and folders"):
        unpacked([file("top/a"), *[folder(name)] * 20], place)


@pytest.mark.parametrize("tar_format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_a_release_come_out(place: Path, tar_format: int) -> None:
    name = "/".join(["top", *["n" * 200] * 4, "file"])
    members = [file(name), symlink("top/link", "n" * 200), hard_link("top/again", name)]

    top = unpack(io.BytesIO(archive(members, tar_format)), place)

    assert (place / name).read_bytes() == (top / "again").read_bytes() == b"x"
    assert (top / "link").is_dir()


@pytest.mark.parametrize(
    "says",
    [
        {"mtime": "1e400"},
        {"mtime": "nan"},
        {"GNU.sparse.map": "many", "GNU.sparse.size": "1"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"},
    ],
)
def test_a_header_that_makes_no_sense_is_damage(place: Path, says: dict[str, str]) -> None:
    with pytest.raises(StackError, match=r"the archive is damaged: \w"):
        unpacked([file("top/a", says=says)], place)


def test_a_wrong_checksum_inside_of_a_gzip_file_is_damage(place: Path) -> None:
    content = gzip.decompress(archive([file("top/a", bytes(20_000))]))
    halves = [gzip.compress(content[:10_000]), gzip.compress(content[10_000:])]

    with pytest.raises(StackError, match="the archive is damaged: CRC check failed"):
        unpack(io.BytesIO(halves[0][:-8] + bytes(8) + halves[1]), place)


def test_content_that_is_said_to_be_endless_is_damage(place: Path) -> None:
    for_all, endless = tarfile.TarInfo("all"), tarfile.TarInfo("top/a")
    size = b"9 size=1\n"
    for_all.type, for_all.size = tarfile.XGLTYPE, len(size)
    endless.size = 1 << 80
    headers = [one.tobuf(tarfile.GNU_FORMAT) for one in (for_all, endless)]
    content = headers[0] + size.ljust(512, b"\0") + headers[1] + bytes(10_240)

    with pytest.raises(StackError, match="the archive is damaged: it ends too early"):
        unpack(io.BytesIO(gzip.compress(content)), place)


def test_too_little_memory_is_said_as_damage(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(tarfile.TarFile, "extract", fail)

    with pytest.raises(StackError, match="the archive is damaged: MemoryError"):
        unpacked([file("top/a")], place)


def test_what_is_no_archive_is_said_to_be_damaged(place: Path) -> None:
    half = archive([file("top/a", os.urandom(9999))])[:5000]
    for content in (b"", b"no archive", half):
        with pytest.raises(StackError, match="the archive is damaged"):
            unpack(io.BytesIO(content), place)


def test_a_python_without_filters_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(tarfile, "data_filter")

    with pytest.raises(StackError, match="its `tarfile` has no filters"):
        unpacked([file("top/a")], place)

    assert list(place.iterdir()) == []


parts = st.sampled_from(["a", "b", "A", "..", ".", "", "s"])
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)
links = st.builds(symlink, paths.map(lambda path: f"top/{path}"), paths)
hard_links = st.builds(
    hard_link, paths.map(lambda path: f"top/{path}"), paths.map(lambda path: f"top/{path}")
)
files = st.builds(file, paths.map(lambda path: f"top/{path}"))
folders = st.builds(folder, paths.map(lambda path: f"top/{path}"))


@settings(deadline=None)  # the disk may be busy
@given(st.lists(st.one_of(files, folders, links, hard_links), min_size=1, max_size=8))
def test_whatever_is_unpacked_stays_in_its_folder(
    tmp_path_factory: pytest.TempPathFactory, members: list[Member]
) -> None:
    place = tmp_path_factory.mktemp("outside") / "inside"
    place.mkdir()
    try:
        top = unpacked(members, place)
    except StackError:
        assert everything(place) == ["inside"]
        return
    assert everything(place) == ["inside"]
    real = str(top.resolve())
    for path in top.rglob("*"):
        assert os.path.realpath(path).startswith(real), path
