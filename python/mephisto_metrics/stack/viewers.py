"""Who looks: a file for each `view`.

By it the store knows that it is needed, and others know where a page or a Grafana is shown.
"""

from __future__ import annotations

import contextlib
import json
import urllib.parse
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Callable

from mephisto_metrics.machine import places
from mephisto_metrics.stack.files import write_json
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.processes import ProcessIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_TIMEOUT_SECONDS = 10.0
NAMES = {"builtin": "the page", "grafana": "Grafana"}


@dataclass(frozen=True)
class ViewerState:
    """A process that needs the store, and what it shows."""

    pid: int
    start_time_seconds: float
    kind: str | None
    """`builtin` or `grafana`; None of a process that shows nothing, as one that waits."""
    url: str | None
    """The address of its HTTP server, without a path; None while that starts or ends too."""
    start_url: str | None
    """What a user opens: the default dashboard."""
    store_url: str | None = None
    """The address of a store elsewhere whose data are shown, without secrets."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        return NAMES.get(self.kind or "", "a view")

    @property
    def port(self) -> int | None:
        """The port that it is shown at."""
        return urllib.parse.urlsplit(self.url or "").port

    @property
    def identity(self) -> ProcessIdentity:
        """Which process it is."""
        return ProcessIdentity(self.pid, self.start_time_seconds)


def _any(_viewer: ViewerState) -> bool:
    return True


class Viewing:
    """The file of this process."""

    def __init__(self) -> None:
        self._identity = ProcessIdentity.current()
        self._path = viewers_folder() / f"{self._identity.pid}.json"

    def shows(self, kind: str, url: str, start_url: str, store_url: str | None = None) -> None:
        """Say what is shown from now on."""
        self._write(ViewerState(*self._identity, kind, url, start_url, store_url))

    def is_not_shown(self, kind: str | None) -> None:
        """Say that nothing is shown yet, or any more: `kind` starts or ends, or None waits."""
        self._write(ViewerState(*self._identity, kind, None, None))

    def begins_unless_another(
        self, kind: str, is_meant: Callable[[ViewerState], bool] = _any
    ) -> ViewerState | None:
        """Say that `kind` starts here, unless another view shows or starts something: return that.

        Of several that ask at the same moment, one begins. Another one has to be of those that
        `is_meant` says.
        """
        from filelock import FileLock

        with explaining_home_faults(), FileLock(_lock_path(), timeout=LOCK_TIMEOUT_SECONDS):
            other = first_but(self._identity.pid, is_meant)
            if other is None:
                self.is_not_shown(kind)
            return other

    def _write(self, state: ViewerState) -> None:
        with explaining_home_faults():
            write_json(self._path, asdict(state))

    def end(self) -> None:
        """Look no more."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def viewers_folder() -> Path:
    """Return the folder with a file for each view."""
    return places.state_folder() / "viewers"


def _lock_path() -> Path:
    return places.state_folder() / "viewers.lock"


@contextlib.contextmanager
def viewing(kind: str | None = None) -> Iterator[Viewing]:
    """Keep the store needed for as long as the block runs, in which `kind` starts, if anything."""
    own = Viewing()
    own.is_not_shown(kind)
    try:
        yield own
    finally:
        own.end()


def living_viewers() -> list[ViewerState]:
    """Return the views that run; the files of those that are gone are removed if possible."""
    if not viewers_folder().is_dir():
        return []
    found = {path: read(path) for path in sorted(viewers_folder().glob("*.json"))}
    for path, viewer in found.items():
        if viewer is None:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    return [viewer for viewer in found.values() if viewer is not None]


def shown() -> list[ViewerState]:
    """Return the views that show something, the longest running first."""
    return sorted(
        (viewer for viewer in living_viewers() if viewer.url is not None),
        key=lambda viewer: viewer.start_time_seconds,
    )


def first_but(pid: int, is_meant: Callable[[ViewerState], bool] = _any) -> ViewerState | None:
    """Return the view that shows something, or else starts to, the longest; `pid` is left out.

    So are those that `is_meant` does not say.
    """
    others = [viewer for viewer in living_viewers() if viewer.kind and viewer.pid != pid]
    return min(
        filter(is_meant, others),
        key=lambda viewer: (viewer.url is None, viewer.start_time_seconds),
        default=None,
    )


def of(pid: int) -> ViewerState | None:
    """Return what a process says that it shows; None if it is no view."""
    return read(viewers_folder() / f"{pid}.json")


def read(path: Path) -> ViewerState | None:
    """Return the view that `path` is about if it runs; None if not, and if the file is damaged."""
    try:
        viewer = ViewerState(**json.loads(path.read_text(encoding="utf-8")))
        return viewer if viewer.identity.find() else None
    except (OSError, ValueError, TypeError):
        return None
