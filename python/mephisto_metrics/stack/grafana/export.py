"""Boards, data source and alerts as files for a Grafana that is there already."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.files import write_private
from mephisto_metrics.stack.grafana import packaged, provisioning
from mephisto_metrics.stack.grafana.push import OWN_DATA_SOURCE_UID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTED = 3
READABLE_BY_ALL = 0o644
READ_ME = """\
# Mephisto's boards and alerts for Grafana

Copy `provisioning/` into Grafana's provisioning folder (`/etc/grafana/provisioning`, or what
`[paths] provisioning` in its configuration says), and `dashboards/` to

    {boards}

on Grafana's machine, where its user can read it. Then start Grafana again.

| file | what |
| --- | --- |
{files}

{source}
"""


@dataclass(frozen=True)
class Export:
    """What is written, and for which Grafana."""

    folder: Path
    store_url: str
    data_source_uid: str | None
    """Of one that is there already; None: a data source over `store_url` is among the files."""
    boards_folder: Path
    """Where the boards will be on Grafana's machine."""
    scrape_interval_seconds: float

    def contents(self) -> dict[Path, str]:
        """Return the text of each file by its path."""
        uid = self.data_source_uid or OWN_DATA_SOURCE_UID
        name = self.data_source_uid or provisioning.DATA_SOURCE_NAME
        paths = provisioning.paths(self.folder / "provisioning")
        written = {
            paths["boards"]: provisioning.boards(self.boards_folder),
            paths["alerts"]: packaged.alerts_over(packaged.alerts(), uid),
        }
        if self.data_source_uid is None:
            written[paths["data source"]] = provisioning.data_source(
                uid, self.store_url, self.scrape_interval_seconds, is_default=False
            )
        for file, board in packaged.boards().items():
            written[self.folder / "dashboards" / file] = packaged.board_over(board, uid, name)
        texts = {path: provisioning.as_file(value) for path, value in written.items()}
        return {self.folder / "README.md": self._read_me(list(texts)), **texts}

    def _read_me(self, paths: list[Path]) -> str:
        lines = [
            f"| `{path.relative_to(self.folder).as_posix()}` | {_what(path)} |"
            for path in sorted(paths)
        ]
        source = (
            f"The data source asks the store at <{self.store_url}>: change the `url` in its file "
            "if Grafana reaches\nit by another address."
            if self.data_source_uid is None
            else f"Boards and alerts ask the data source with the uid `{self.data_source_uid}`."
        )
        return READ_ME.format(boards=self.boards_folder, files="\n".join(lines), source=source)


def _what(path: Path) -> str:
    kinds = {
        "datasources": "the data source",
        "alerting": "the alerts",
        "README.md": "this page",
    }
    if path.suffix == ".yaml" and path.parent.name == "dashboards":
        return "where the boards are"
    return kinds.get(path.parent.name, "a board")


def check(contents: dict[Path, str], is_forced: bool) -> None:
    """Raise `StackError` if other files are in the way, unless `is_forced`, or can not be read."""
    in_the_way = [path for path, text in contents.items() if _differs(path, text)]
    if in_the_way and not is_forced:
        raise _refused(in_the_way)


def write(contents: dict[Path, str]) -> None:
    """Write the files, whatever is there. Raises `StackError` for one that can not be written."""
    for path, text in contents.items():
        with _naming(path):
            write_private(path, text)
            path.chmod(READABLE_BY_ALL)  # Grafana mostly runs as a user of its own


def _differs(path: Path, text: str) -> bool:
    with _naming(path):
        try:
            return path.read_bytes() != text.encode()
        except FileNotFoundError:
            return False


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file where the disk refuses it: not each of its errors does, as that it is full."""
    try:
        yield
    except OSError as error:
        raise StackError(
            f"`{path}` can not be written: {error.strerror}", "choose another folder"
        ) from error


def _refused(paths: list[Path]) -> StackError:
    named = ", ".join(f"`{path}`" for path in paths[:LISTED])
    more = f" and {len(paths) - LISTED} more" if len(paths) > LISTED else ""
    return StackError(
        f"there are other files already: {named}{more}",
        "choose another folder, or overwrite them with `--force`",
    )
