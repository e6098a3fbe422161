"""Archives on this machine, downloaded or the user's, and the digest that each must have."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.install import checksums, downloads
from mephisto_metrics.stack.install.fetching import Fetched

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.install.planning import Get
    from mephisto_metrics.stack.install.releases import Archive
    from mephisto_metrics.stack.install.reporting import Reporter
    from mephisto_metrics.stack.install.watching import Watch


class Archives:
    """Gets archives, and tells how far it has got."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def fetch(self, step: Get, watch: Watch) -> Fetched:
        """Return a step's archive, which is not checked yet, and the digest that it must have."""
        expected = _expected_digest(step, watch)
        if step.file is not None:
            return Fetched(step.file, expected)
        path = places.downloads_folder() / step.archive.file_name
        _sweep_others(step.archive, path)
        if not _is_complete(path, expected):
            downloads.download(
                step.archive.url,
                path,
                watch,
                lambda done, total: self._reporter.progress(
                    step.archive.program, "downloading", done, total
                ),
            )
        return Fetched(path, expected)


def _expected_digest(step: Get, watch: Watch) -> str:
    archive = step.archive
    if not archive.needs_checksums and archive.pinned:
        return archive.pinned.sha256
    where = str(_beside(step.file, archive)) if step.file else shown(archive.checksums_url)
    text = _checksums_text(step, watch)
    found = checksums.find(text, archive.file_name, where)
    if archive.pinned and archive.pinned.sha256 != found:
        raise StackError(
            f"{where} says that the SHA-256 of `{archive.file_name}` is {found}, where this "
            f"package says {archive.pinned.sha256}",
            "nothing was downloaded: see whether that address is the publisher's, and whether "
            "there is a newer mephisto-metrics-rs",
        )
    return found


def _checksums_text(step: Get, watch: Watch) -> str:
    if step.file is None:
        return downloads.read_text(step.archive.checksums_url, watch)
    path = _beside(step.file, step.archive)
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise StackError(
            f"`{path}` is missing, which says what the SHA-256 of `{step.file.name}` must be",
            f"put the publisher's file there, from {step.archive.checksums_url}",
        ) from None
    except OSError as error:
        raise StackError(
            f"`{path}`, which says what the SHA-256 of `{step.file.name}` must be, can not be "
            f"read: {error.strerror}",
            f"make it a file that you may read: the publisher's, from {step.archive.checksums_url}",
        ) from None


def _beside(file: Path, archive: Archive) -> Path:
    return file.with_name(archive.checksums_name)


def _is_complete(path: Path, expected: str) -> bool:
    """Whether an interrupted run has left the whole archive; a wrong one is removed."""
    with contextlib.suppress(FileNotFoundError):
        with path.open("rb") as file:
            if checksums.sha256(file) == expected:
                return True
        path.unlink()
    return False


def _sweep_others(archive: Archive, path: Path) -> None:
    """Remove what is left of other archives of the same program."""
    for other in path.parent.glob(f"{archive.program}*"):
        if not other.name.startswith(path.name):
            other.unlink()
