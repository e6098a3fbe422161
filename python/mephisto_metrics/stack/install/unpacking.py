"""Unpacking an archive into a folder, out of which nothing of it gets.

Python's own filter for archives is used too, but some of its releases can be led out of the folder
by chains of links. Here every rule is about names as they stand in the archive: nothing goes
through a link, so that what the file system makes of links does not matter.
"""

from __future__ import annotations

import contextlib
import gzip
import tarfile
import unicodedata
import zlib
from typing import IO, TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

UNPACKED_LIMIT_BYTES = 4 << 30
"""A Grafana of today takes a third of it."""
MEMBERS_LIMIT = 200_000
HEADER_LIMIT_BYTES = 64 << 10
"""For what stands before one file: the longest path takes 1 KiB of it."""
HEADERS_LIMIT_BYTES = 256 << 20
RECORDS_LIMIT = 100
"""Of one header: `tarfile` takes those for all files over to each of them."""
PATH_LIMIT_BYTES = 1024
PART_LIMIT_BYTES = 255
"""No file system that is in use takes longer names."""

Parts = tuple[str, ...]
DAMAGED = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    # What `tarfile` makes of numbers and texts that it does not check.
    MemoryError,
    OverflowError,
    ValueError,
)


def unpack(
    file: IO[bytes],
    folder: Path,
    on_read: Callable[[int], None] = lambda _: None,
    limit_bytes: int = UNPACKED_LIMIT_BYTES,
) -> Path:
    """Unpack a `.tar.gz` into an existing, empty folder; return the one folder that it holds.

    Raises `StackError` if the archive is damaged, or holds what must not be unpacked.
    """
    if not hasattr(tarfile, "data_filter"):
        raise StackError(
            "this Python can not unpack archives safely: its `tarfile` has no filters",
            "update it to the newest release of its line, such as 3.9.17, 3.10.12 or 3.11.4",
        )
    contents = _Contents(limit_bytes)
    file.seek(0)
    # As a stream, so that nothing but the limited file is read, in small pieces and never again.
    with (
        _explaining_damage(),
        _LimitedFile(file) as limited,
        tarfile.open(fileobj=limited, mode="r|") as archive,
    ):
        for member in archive:
            is_something = contents.add(member)
            limited.expect(member.size if member.isreg() else 0)
            if is_something:
                archive.extract(member, folder, filter="data")
                on_read(file.tell())
            # Else it keeps them all, with all that their headers say.
            archive.members.clear()  # type: ignore[attr-defined]  # not in its documentation
    contents.check_links()
    return folder / contents.top()


@contextlib.contextmanager
def _explaining_damage() -> Iterator[None]:
    try:
        yield
    except tarfile.FilterError as error:
        raise _refused(str(error)) from error
    except DAMAGED as error:
        raise StackError(
            f"the archive is damaged: {str(error) or type(error).__name__}",
            "get it again; nothing of it was kept",
        ) from error


class _LimitedFile(gzip.GzipFile):
    """The tar file in a `.gz`, as long as its headers are short.

    `tarfile` reads headers whole into memory, however long, before it tells of a member.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._left_bytes = HEADER_LIMIT_BYTES
        self._left_bytes_of_all = HEADERS_LIMIT_BYTES

    def expect(self, content_bytes: int) -> None:
        """Let a file's content be read, and the headers of the next one."""
        self._left_bytes = content_bytes + HEADER_LIMIT_BYTES
        self._left_bytes_of_all += content_bytes

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes; raise `StackError` if they are more than may be expected.

        Raises `EOFError` if there are none, for which `tarfile` would look again and again.
        """
        data = super().read(size)
        if not data:
            raise EOFError("it ends too early")
        self._left_bytes -= len(data)
        self._left_bytes_of_all -= len(data)
        if self._left_bytes < 0:
            raise _refused(f"a header of it is larger than {HEADER_LIMIT_BYTES:,} bytes")
        if self._left_bytes_of_all < 0:
            raise _refused(f"its headers are larger than {HEADERS_LIMIT_BYTES:,} bytes")
        return data


class _Contents:
    """What an archive has held so far."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._members = 0
        self._files: set[Parts] = set()
        self._folders: set[Parts] = set()
        self._links: dict[Parts, str] = {}
        self._folded_links: set[Parts] = set()

    def add(self, member: tarfile.TarInfo) -> bool:
        """Check a member before it is unpacked; False if there is nothing to unpack."""
        self._check_size(member)
        path = _parts(member)
        if not path:
            return False
        self._check_place(member, path)
        self._folders.update(path[:length] for length in range(1, len(path)))
        if member.isdir():
            self._folders.add(path)
        elif member.issym():
            if not member.linkname:
                raise _refused(f"the link `{member.name}` leads nowhere")
            self._links[path] = member.linkname
            self._folded_links.add(_folded(path))
        elif member.islnk():
            self._check_hard_link(member)
            self._files.add(path)
        elif member.isreg() and not member.issparse():
            self._files.add(path)
        else:
            raise _refused(f"`{member.name}` is neither plain file, folder nor link")
        return True

    def check_links(self) -> None:
        """Check where all symbolic links lead, which is only known when all are known."""
        for path, target in self._links.items():
            if target.startswith("/") or not self._stays(path, target):
                raise _refused(f"the link `{'/'.join(path)}` leads to `{target}`")

    def top(self) -> str:
        """Return the name of the one folder that holds everything."""
        tops = {path[0] for path in (*self._files, *self._folders, *self._links)}
        name = next(iter(tops), "")
        is_folder = (name,) not in self._files and (name,) not in self._links
        if len(tops) == 1 and is_folder:
            return name
        found = ", ".join(f"`{one}`" for one in sorted(tops)[:3]) or "nothing"
        raise _refused(f"expected one folder that holds everything, found {found}")

    def _check_size(self, member: tarfile.TarInfo) -> None:
        # Below zero, it would make room for what is too large.
        if member.size < 0:
            raise _refused("the size of a file is below zero")
        if len(member.pax_headers) > RECORDS_LIMIT:
            raise _refused(f"a header of it has more than {RECORDS_LIMIT} records")
        self._bytes += member.size
        self._members += 1
        if self._bytes > self._limit_bytes:
            raise _refused(f"unpacked it is larger than {self._limit_bytes:,} bytes")
        if self._members + len(self._folders) > MEMBERS_LIMIT:
            raise _refused(f"it holds more than {MEMBERS_LIMIT:,} files and folders")

    def _check_place(self, member: tarfile.TarInfo, path: Parts) -> None:
        """Refuse what would be written through a link, or over something else."""
        # Folded, since a file system may take `A` for `a`.
        folded = _folded(path)
        if any(folded[:length] in self._folded_links for length in range(1, len(path) + 1)):
            raise _refused(f"`{member.name}` goes through a link")
        is_taken = path in self._files or (path in self._folders and not member.isdir())
        if is_taken or any(path[:length] in self._files for length in range(1, len(path))):
            raise _refused(f"`{member.name}` would replace another file of it")

    def _check_hard_link(self, member: tarfile.TarInfo) -> None:
        target = tuple(part for part in member.linkname.split("/") if part not in {"", "."})
        if member.linkname.startswith("/") or target not in self._files:
            raise _refused(f"the link `{member.name}` leads to `{member.linkname}`")

    def _stays(self, path: Parts, target: str) -> bool:
        """Whether a symbolic link stays in the top folder, and leads through no other link."""
        here = list(path[:-1])
        steps = [part for part in target.split("/") if part not in {"", "."}]
        for number, step in enumerate(steps, 1):
            if step == "..":
                here.pop()
            else:
                here.append(step)
            is_on_the_way = number < len(steps)
            if not here or (is_on_the_way and _folded(tuple(here)) in self._folded_links):
                return False
        return True


def _parts(member: tarfile.TarInfo) -> Parts:
    name = member.name
    _check_text(name)
    _check_text(member.linkname)
    if name.startswith("/") or "\\" in name:
        raise _refused(f"`{name}` is no path inside of a folder")
    parts = tuple(part for part in name.split("/") if part not in {"", "."})
    if ".." in parts:
        raise _refused(f"`{name}` leaves the folder")
    if not member.isdir() and (not parts or name.removeprefix("./") != "/".join(parts)):
        raise _refused(f"`{name}` is no plain name of a file")
    return parts


def _check_text(path: str) -> None:
    """Refuse a path that no file system takes, or that steers the terminal that shows it."""
    if not path.isprintable():
        raise _refused(f"the path {path[:80]!a} holds what can not be printed")
    parts_bytes = [len(part.encode()) for part in path.split("/")]
    if max(parts_bytes) > PART_LIMIT_BYTES or len(path.encode()) > PATH_LIMIT_BYTES:
        raise _refused(f"the path `{path[:80]}...` is too long")


def _folded(path: Parts) -> Parts:
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in path)


def _refused(reason: str) -> StackError:
    return StackError(
        f"the archive is not unpacked: {reason}",
        "an official release holds no such thing: get it from its publisher; nothing was kept",
    )
