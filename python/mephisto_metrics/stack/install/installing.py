"""The order of things: all under one lock, unpacked beside, renamed and recorded at the end.

Whatever interrupts it leaves at most the beginning of an archive, with which the next run goes on,
and hidden folders, which it removes.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import programs
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.install import checksums, executables, unpacked, unpacking
from mephisto_metrics.stack.install.archives import Archives
from mephisto_metrics.stack.install.fetching import fetch_all
from mephisto_metrics.stack.install.planning import (
    Get,
    Keep,
    Request,
    Step,
    Use,
    plan,
    refuse_if_taken,
    title,
)
from mephisto_metrics.stack.install.sweeping import REPLACED, UNPACKING, sweep
from mephisto_metrics.stack.programs import InstalledProgram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mephisto_metrics.stack.install.fetching import Fetched
    from mephisto_metrics.stack.install.reporting import Reporter


class Outcome(NamedTuple):
    """What came of a step."""

    step: Step
    program: InstalledProgram | None
    error: StackError | None = None


def install(request: Request, reporter: Reporter) -> list[Outcome]:
    """Do what is requested, as far as it goes: each program has its own outcome.

    Raises `StackError` if nothing can be begun.
    """
    with explaining_home_faults(), alone(reporter):
        sweep()
        steps = plan(request)
        outcomes = [_settle(step, reporter) for step in steps if isinstance(step, (Keep, Use))]
        gets = [step for step in steps if isinstance(step, Get)]
        archives = Archives(reporter)
        for step in gets:
            reporter.say(str(step))
        with contextlib.closing(fetch_all(gets, request.patience, archives.fetch)) as fetched:
            outcomes += [_finish(step, result, reporter) for step, result in fetched]
    return sorted(outcomes, key=lambda outcome: steps.index(outcome.step))


@contextlib.contextmanager
def alone(reporter: Reporter) -> Iterator[None]:
    """Let nobody else install or remove meanwhile; wait for whoever does, and say so."""
    from filelock import FileLock, Timeout

    path = places.state_folder() / "install.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        reporter.say("another `install` or `remove` is at work: waiting until it has ended")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def failure(outcomes: list[Outcome]) -> StackError | None:
    """Return one error for all that failed; None if nothing did."""
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if len(errors) <= 1:
        return next(iter(errors), None)
    hints = dict.fromkeys(error.hint for error in errors)
    return StackError("\n".join(map(str, errors)), "\n".join(hints))


def _settle(step: Keep | Use, reporter: Reporter) -> Outcome:
    """Do a step that needs no archive."""
    if isinstance(step, Use):
        programs.record(step.program)
    reporter.say(str(step))
    return Outcome(step, step.program)


def _finish(step: Get, fetched: Fetched | StackError, reporter: Reporter) -> Outcome:
    """Check, unpack, try and record an archive that is here."""
    if isinstance(fetched, StackError):
        return Outcome(step, None, fetched)
    try:
        with explaining_home_faults():
            program = _install_archive(step, fetched, reporter)
    except StackError as error:
        return Outcome(step, None, error)
    return Outcome(step, program)


def _install_archive(step: Get, fetched: Fetched, reporter: Reporter) -> InstalledProgram:
    name, version = step.archive.program, step.archive.version
    places.programs_folder().mkdir(parents=True, exist_ok=True)
    with _folder_beside(name) as beside:
        top = _unpack(step, fetched, beside, reporter)
        executables.check(top / executables.EXECUTABLES[name], name, version)
        unpacked.mark(top)
        _put_in_place(step, top)
    program = InstalledProgram(name, version, step.executable, step.destination, is_ours=True)
    programs.record(program)
    if fetched.path != step.file:
        fetched.path.unlink(missing_ok=True)
    sweep()
    reporter.say(f"{title(name)} {version} is installed: {program.executable}")
    return program


def _unpack(step: Get, fetched: Fetched, folder: Path, reporter: Reporter) -> Path:
    """Unpack an archive whose digest is right: both from the same open file."""
    name, size_bytes = step.archive.program, fetched.path.stat().st_size
    with fetched.path.open("rb") as file:
        found = checksums.sha256(
            file, lambda done: reporter.progress(name, "checking", done, size_bytes)
        )
        if found != fetched.sha256:
            if fetched.path != step.file:
                fetched.path.unlink(missing_ok=True)
            raise _mismatch(step, found, fetched.sha256)
        return unpacking.unpack(
            file, folder, lambda done: reporter.progress(name, "unpacking", done, size_bytes)
        )


@contextlib.contextmanager
def _folder_beside(name: str) -> Iterator[Path]:
    """Give a folder on the same file system as the final one; it is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix=f"{UNPACKING}{name}-", dir=places.programs_folder()))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _put_in_place(step: Get, release: Path) -> None:
    destination = step.destination
    refuse_if_taken(step)
    if destination.exists():
        old = Path(tempfile.mkdtemp(prefix=REPLACED, dir=destination.parent))
        destination.rename(old / destination.name)
    release.rename(destination)


def _mismatch(step: Get, found: str, expected: str) -> StackError:
    kept = "the file is left as it is" if step.file else "nothing was kept"
    return StackError(
        f"{step.source} is not the release that it should be: its SHA-256 is {found}, expected "
        f"{expected}",
        f"get it again, or from another place (`--mirror`, `--from`): nothing was unpacked, {kept}",
    )
