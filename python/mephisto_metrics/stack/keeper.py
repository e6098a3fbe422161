"""The process that is the store of a home: which one it is, from its first moment to its last.

`store.json` is there only while a store serves. A store that starts or ends is a store all the
same: nobody may start another one beside it, and who stops the store of a home means it too.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.files import write_json
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.processes import ProcessIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def state_path() -> Path:
    """Return where it is written which process is the store's."""
    return places.state_folder() / "keeper.json"


def living() -> ProcessIdentity | None:
    """Return the process that is the store's, whether it serves or not; None if there is none."""
    try:
        identity = ProcessIdentity(**json.loads(state_path().read_text(encoding="utf-8")))
        return identity if identity.find() else None
    except (OSError, ValueError, TypeError):
        return None


def name(process: ProcessIdentity) -> None:
    """Write down that `process` will be the store's, unless another one is; may raise `OSError`."""
    if living() is None:
        _write(process)


def forget() -> None:
    """Write down that no process is the store's, as far as that is possible."""
    with contextlib.suppress(OSError):
        state_path().unlink(missing_ok=True)


@contextlib.contextmanager
def being_it() -> Iterator[None]:
    """Be the store of this home for as long as the block runs.

    Raises `StackError` if another process is, of which nothing is changed then.
    """
    with none_else():
        try:
            with explaining_home_faults():
                _write(ProcessIdentity.current())
            yield
        finally:
            forget()


@contextlib.contextmanager
def none_else() -> Iterator[None]:
    """Let no process become the store of this home meanwhile; `StackError` if one is."""
    from filelock import FileLock, Timeout

    with explaining_home_faults():
        places.state_folder().mkdir(parents=True, exist_ok=True)
        # A lock beside the file, as two may read at the same moment that there is nobody yet.
        lock = FileLock(places.state_folder() / "keeper.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise _another(living()) from None
    try:
        yield
    finally:
        lock.release()


def _write(process: ProcessIdentity) -> None:
    write_json(state_path(), process._asdict())


def _another(process: ProcessIdentity | None) -> StackError:
    who = "another process" if process is None else f"process {process.pid}"
    return StackError(
        f"{who} is the store of `{places.home()}` already",
        "use that one, or end it with `mephisto metrics cleanup`",
    )
