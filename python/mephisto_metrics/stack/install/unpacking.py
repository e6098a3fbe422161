"""Unpacking an archive into a folder, out of which nothing of it gets.

Python's own filter for archives is used too, but some of its releases can be led out of the folder
by chains of links. Here every rule is about names as they stand in the archive: nothing goes
through a link, so that what the file system makes of links does not matter.
"""

from __future__ import annotations

import contextlib
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
PATH_LIMIT_CHARACTERS = 1024

Parts = tuple[str, ...]
DAMAGED = (tarfile.TarError, EOFError, zlib.error, UnicodeError)


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
    with _explaining_damage(), tarfile.open(fileobj=file, mode="r:gz") as archive:
        for member in archive:
            if contents.add(member):
                archive.extract(member, folder, filter="data")
                on_read(file.tell())
    contents.check_links()
    return folder / contents.top()


@contextlib.contextmanager
def _explaining_damage() -> Iterator[None]:
    try:
        yield
    except tarfile.FilterError as error:
        raise _refused(str(error)) from error
    except (*DAMAGED, tarfile.ReadError) as error:
        raise StackError(
            f"the archive is damaged: {error}", "get it again; nothing of it was kept"
        ) from error


class _Contents:
    """What an archive has held so far."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._files: set[Parts] = set()
        self._folders: set[Parts] = set()
        self._links: dict[Parts, tarfile.TarInfo] = {}
        self._folded_links: set[Parts] = set()

    def add(self, member: tarfile.TarInfo) -> bool:
        """Check a member before it is unpacked; False if there is nothing to unpack."""
        path = _parts(member)
        if not path:
            return False
        self._check_size(member)
        self._check_place(member, path)
        self._folders.update(path[:length] for length in range(1, len(path)))
        if member.isdir():
            self._folders.add(path)
        elif member.issym():
            if not member.linkname:
                raise _refused(f"the link `{member.name}` leads nowhere")
            self._links[path] = member
            self._folded_links.add(_folded(path))
        elif member.islnk():
            self._check_hard_link(member)
            self._files.add(path)
        elif member.isreg():
            self._files.add(path)
        else:
            raise _refused(f"`{member.name}` is neither file, folder nor link")
        return True

    def check_links(self) -> None:
        """Check where all symbolic links lead, which is only known when all are known."""
        for path, member in self._links.items():
            if member.linkname.startswith("/"):
                raise _refused(f"the link `{member.name}` leads to `{member.linkname}`")
            self._follow(path, member)

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
        self._bytes += member.size
        if self._bytes > self._limit_bytes:
            raise _refused(f"unpacked it is larger than {self._limit_bytes:,} bytes")
        if len(self._files) + len(self._links) + len(self._folders) >= MEMBERS_LIMIT:
            raise _refused(f"it holds more than {MEMBERS_LIMIT:,} files")

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

    def _follow(self, path: Parts, member: tarfile.TarInfo) -> None:
        """Refuse a symbolic link that leaves the top folder, or leads through another link."""
        here = list(path[:-1])
        steps = [part for part in member.linkname.split("/") if part not in {"", "."}]
        for number, step in enumerate(steps, 1):
            if step == "..":
                here.pop()
            else:
                here.append(step)
            is_on_the_way = number < len(steps)
            if not here or (is_on_the_way and _folded(tuple(here)) in self._folded_links):
                raise _refused(f"the link `{member.name}` leads to `{member.linkname}`")


def _parts(member: tarfile.TarInfo) -> Parts:
    name = member.name
    if name.startswith("/") or len(name) > PATH_LIMIT_CHARACTERS or "\\" in name or "\0" in name:
        raise _refused(f"`{name[:80]}` is no path inside of a folder")
    parts = tuple(part for part in name.split("/") if part not in {"", "."})
    if ".." in parts:
        raise _refused(f"`{name}` leaves the folder")
    if not member.isdir() and name.removeprefix("./") != "/".join(parts):
        raise _refused(f"`{name}` is no plain name of a file")
    return parts


def _folded(path: Parts) -> Parts:
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in path)


def _refused(reason: str) -> StackError:
    return StackError(
        f"the archive is not unpacked: {reason}",
        "an official release holds no such thing: get it from its publisher; nothing was kept",
    )
