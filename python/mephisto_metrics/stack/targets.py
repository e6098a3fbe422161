"""Target files: how a store learns of the Operators that serve metrics.

One `targets/<pid>-<start of the process in milliseconds>.json` for each Operator's process, in
Prometheus's file_sd format: what the two numbers say is in `processes`. Operators that other
machines may reach have such a file for them in `advertised/` too.
The built-in store has a file of its own beside them, for what it says of itself.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mephisto_metrics.machine import places
from mephisto_metrics.machine.ports import address_text
from mephisto_metrics.stack.files import path_beside, write_json
from mephisto_metrics.stack.processes import ProcessIdentity

logger = logging.getLogger(__name__)

JOB = "mephisto"
STORE_JOB = "mephisto-store"
_FILE_NAME = re.compile(r"(?P<pid>\d+)-(?P<start_ms>\d+)\.json")

_faults_told: dict[Path, str] = {}
"""What was said last of a file, until it can be read."""


class TargetFileError(ValueError):
    """A target file does not have the form that it should have."""


@dataclass(frozen=True)
class Target:
    """An Operator's process that serves metrics."""

    id: str
    pid: int
    address: str
    """Host and port, such as `127.0.0.1:3031`."""
    task_name: str | None
    """The task names of the runs launched so far, joined by a comma."""


class Announcement:
    """The target file of this process."""

    def __init__(
        self, address: tuple[str, int], folder: Path | None = None, scheme: str = "http"
    ) -> None:
        self._address = address_text(*address)
        self._scheme = scheme
        self._folder = folder or places.targets_folder()
        process = ProcessIdentity.current()
        self._pid = process.pid
        self.id = f"{process.pid}-{round(process.start_time_seconds * 1000)}"
        self._task_names: list[str] = []
        self._was_published = False
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """The file that stands for this process."""
        return self._folder / f"{self.id}.json"

    def publish(self) -> None:
        """Write the file; `OSError` if that is not possible."""
        with self._lock:
            write_json(self.path, self._content())
            self._was_published = True

    def is_published(self) -> bool:
        """Whether the file can be read, and says all that it shall say and nothing else."""
        with self._lock:
            return self._was_published and self._read() == self._content()

    def add_task(self, task_name: str) -> None:
        """Add the name of a task that is run, for the next time that the file is written."""
        with self._lock:
            if task_name not in self._task_names:
                self._task_names.append(task_name)

    def withdraw(self) -> None:
        """Remove the file, unless this is a fork of the process that it stands for."""
        if os.getpid() == self._pid and self._was_published:
            with self._lock:
                self.path.unlink(missing_ok=True)

    def _read(self) -> object:
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _content(self) -> list[dict[str, Any]]:
        labels = {"job": JOB, "operator": self.id, "pid": str(self._pid)}
        if self._scheme != "http":
            labels["__scheme__"] = self._scheme
        if self._task_names:
            labels["task_name"] = ",".join(self._task_names)
        return [{"targets": [self._address], "labels": labels}]


@contextlib.contextmanager
def announced_store(address: tuple[str, int]) -> Iterator[None]:
    """Let the store's own metrics be scraped for as long as the block runs.

    `OSError` if the file can not be written. One home has one store, which is why the file needs
    no process in its name.
    """
    group = {"targets": [address_text(*address)], "labels": {"job": STORE_JOB}}
    write_json(_store_path(), [group])
    try:
        yield
    finally:
        withdraw_store()


def withdraw_store() -> None:
    """Let nobody scrape the store's own metrics any more, as far as that can be said."""
    with contextlib.suppress(OSError):
        _store_path().unlink(missing_ok=True)


def _store_path() -> Path:
    return places.targets_folder() / "store.json"


def read(path: Path) -> Target:
    """Read one target file.

    Raises `TargetFileError` when its content is not what `Announcement` writes, and `OSError` when
    it cannot be read.
    """
    try:
        (group,) = json.loads(path.read_text(encoding="utf-8"))
        (address,) = group["targets"]
        labels = group["labels"]
        return Target(
            id=path.stem,
            pid=int(labels["pid"]),
            address=str(address),
            task_name=labels.get("task_name"),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        expected = '[{"targets": ["host:port"], "labels": {"pid": "...", ...}}]'
        raise TargetFileError(
            f"{path} is not a target file ({error!r}): expected {expected}; an Operator mends its "
            "own within some ten seconds: if nobody does, delete it"
        ) from error


def live_targets(folder: Path | None = None) -> list[Target]:
    """Sweep, then return the Operators that serve metrics; a malformed file is told and left."""
    found = {path: _read_or_tell(path) for path in live_files(folder)}
    return [target for target in found.values() if target is not None]


def _read_or_tell(path: Path) -> Target | None:
    try:
        target = read(path)
    except FileNotFoundError:
        return None  # its Operator ended between the listing and the reading
    except (TargetFileError, OSError) as error:
        _tell_once(path, str(error))
        return None
    _faults_told.pop(path, None)
    return target


def _tell_once(path: Path, fault: str) -> None:
    if _faults_told.get(path) != fault:
        _faults_told[path] = fault
        logger.warning("%s", fault)


def live_files(folder: Path | None = None) -> list[Path]:
    """Sweep, then return the files of Operators whose process runs, without reading them."""
    sweep(folder)
    folder = folder or places.targets_folder()
    return [path for path, is_alive in own_files(folder) if is_alive]


def sweep(folder: Path | None = None) -> list[Path]:
    """Remove the files of processes that are gone, and return those files.

    Goes by the file's name alone. Files with other names are somebody's own and stay. What can not
    be removed stays too: that is no reason for whoever sweeps to end.
    """
    if folder is None:
        sweep(places.advertised_folder())
    swept = []
    for path, is_alive in own_files(folder or places.targets_folder()):
        if not is_alive:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                path_beside(path).unlink(missing_ok=True)
                swept.append(path)
    return swept


def own_files(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Give each file with a name of ours, and whether its process runs; nothing is swept."""
    for path in sorted(folder.glob("*.json")):
        match = _FILE_NAME.fullmatch(path.name)
        if match:
            yield path, _is_alive(int(match["pid"]), int(match["start_ms"]))


def _is_alive(pid: int, start_ms: int) -> bool:
    return ProcessIdentity(pid, start_ms / 1000).find() is not None
