"""Whether each Operator is found by the store, and its metrics are collected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mephisto_metrics.machine import places
from mephisto_metrics.stack import store, targets
from mephisto_metrics.stack.doctor import elsewhere
from mephisto_metrics.stack.doctor.answers import asked as answer_of
from mephisto_metrics.stack.doctor.findings import CLEANUP, Finding, note, problem, well
from mephisto_metrics.stack.doctor.processes import suspended
from mephisto_metrics.stack.remote import is_remote_write_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mephisto_metrics.stack.store_state import StoreState
    from mephisto_metrics.stack.targets import Target

EXPECTED = '[{"targets": ["host:port"], "labels": {...}}]'


def check() -> Iterator[Finding]:
    """Look at the file of each Operator, then at what the store says of it."""
    folder = places.targets_folder()
    own = dict(targets.own_files(folder))
    yield from _stale([path for path, is_alive in own.items() if not is_alive])
    operators = []
    running = store.running()
    active = [] if running is None else _active_targets(running.url)
    for path in sorted(folder.glob("*.json")):
        fault = _fault(path, is_own=path in own)
        if fault is not None and own.get(path, True):
            yield _malformed(path, fault)
        elif own.get(path):
            operators.append(targets.read(path))
    yield from _scraped(operators, running, active)
    if running is not None and active is not None:
        yield from elsewhere.check(running, active, {path.stem for path in own})


def _fault(path: Path, *, is_own: bool) -> str | None:
    """Return why a file names no targets; None if it does, and if it is gone.

    Files with other names than ours are a user's own, whose labels are theirs to choose.
    """
    try:
        groups = json.loads(path.read_text(encoding="utf-8"))
        for group in groups:
            if not all(isinstance(address, str) for address in group["targets"]):
                return "an address is no text"
        if is_own:
            targets.read(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        return str(error) or repr(error)
    return None


def _malformed(path: Path, fault: str) -> Finding:
    return problem(
        "operators.malformed-file",
        f"`{path}` is no target file ({fault}): expected {EXPECTED}",
        "by this file the store finds an Operator; what it is about is not collected",
        "remove it: the Operator that it was for, if one runs, writes it anew within some ten "
        "seconds",
        f"rm '{path}'",
    )


def _stale(paths: list[Path]) -> Iterator[Finding]:
    if paths:
        yield note(
            "operators.stale-files",
            f"{len(paths)} files in `{paths[0].parent}` are of Operators that are gone",
            "those were killed; the store removes such files when it runs",
            "they can be removed",
            CLEANUP,
        )


def _scraped(
    operators: list[Target], running: StoreState | None, active: list[dict[str, Any]] | None
) -> Iterator[Finding]:
    """Look at this machine's: the local store scrapes, also where a remote one is asked."""
    if not operators:
        yield well("operators.none", "no Operator runs on this machine")
        return
    known = {one["labels"].get("operator", ""): one for one in active or ()}
    for operator in operators:
        what = f"the Operator at {operator.address} (PID {operator.pid})"
        stopped = suspended("operators", what, operator.pid)
        if stopped is not None:
            yield stopped
        elif running is None and store.remote() is not None and not is_remote_write_wanted():
            yield well("operators.well", f"{what} runs; the remote store is to scrape it")
        elif running is None:
            yield _not_recorded(what)
        elif active is not None:  # else it is the store that does not answer, and told there
            yield _scrape(what, known.get(operator.id))


def _active_targets(url: str) -> list[dict[str, Any]] | None:
    """Return what the store says of each target; None if it does not answer."""
    data = answer_of(url, "targets", state="active")
    try:
        return [one for one in data["activeTargets"] if isinstance(one["labels"], dict)]
    except (KeyError, TypeError):
        return None


def _not_recorded(what: str) -> Finding:
    return problem(
        "operators.not-recorded",
        f"{what} runs, and no store does",
        "its numbers are not kept by anybody; it looks for a store every ten seconds, and starts "
        "one; after starts that failed it does so every minute",
        "wait for a minute; if it stays so, its log says why, and so does this",
        "mephisto metrics view",
    )


def _scrape(what: str, target: dict[str, Any] | None) -> Finding:
    health = "" if target is None else target.get("health", "")
    if health == "up":
        return well("operators.well", f"{what} is scraped: its numbers are collected")
    if health == "down":
        return problem(
            "operators.not-scraped",
            f"{what} can not be scraped: {(target or {}).get('lastError') or 'no reason is given'}",
            "the store asks it for its numbers again and again, and does not get them",
            "see whether it hangs; one that does much at once may answer late, and is asked again",
        )
    return note(
        "operators.not-yet-scraped",
        f"{what} was not scraped yet",
        "the store has only just found it, or has not yet",
        "wait for a scrape interval",
    )
