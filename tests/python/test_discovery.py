"""Which targets the built-in store finds, and what does not keep it from finding others."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

import pytest
from tests.built_in_store import ANSWER_TIMEOUT_SECONDS, begin_store, url_of

from mephisto_metrics._core import Store
from mephisto_metrics.stack.elsewhere import Elsewhere
from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 30


def write_target(folder: Path, name: str, address: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(json.dumps([{"targets": [address]}]))
    return path


def addresses(store: Store) -> set[str]:
    with urllib.request.urlopen(
        f"{url_of(store)}/api/v1/targets", timeout=ANSWER_TIMEOUT_SECONDS
    ) as answer:
        targets = json.load(answer)["data"]["activeTargets"]
    return {target["labels"]["instance"] for target in targets}


def finds(store: Store, expected: set[str]) -> bool:
    return wait_until(lambda: addresses(store) == expected, TIMEOUT_SECONDS)


@pytest.mark.parametrize("place", ["targets", "elsewhere"])
def test_a_pipe_among_target_files_keeps_the_store_neither_from_the_others_nor_from_its_end(
    tmp_path: Path, place: str
) -> None:
    own, elsewhere = tmp_path / "targets", tmp_path / "elsewhere"
    first = write_target(own, "first.json", "127.0.0.1:1")
    write_target(elsewhere, "other.json", "127.0.0.1:2")
    os.mkfifo(tmp_path / place / "a.json")
    store = begin_store(tmp_path, elsewhere=Elsewhere(files=(elsewhere,)))
    try:
        assert finds(store, {"127.0.0.1:1", "127.0.0.1:2"})
        write_target(own, "second.json", "127.0.0.1:3")
        first.unlink()
        assert finds(store, {"127.0.0.1:2", "127.0.0.1:3"})
    finally:
        store.close()


@contextmanager
def lease_of(path: Path) -> Iterator[Callable[[], bool]]:
    """Let who opens a file wait, as on a disk that does not answer; gives whether somebody does."""
    # The system tells of one who waits by a signal that would end this process.
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    descriptor = os.open(path, os.O_WRONLY)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        yield lambda: fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_WRLCK
    finally:
        os.close(descriptor)
        signal.signal(signal.SIGIO, before)


@pytest.mark.skipif(not hasattr(fcntl, "F_SETLEASE"), reason="only Linux has leases of files")
def test_a_disk_that_does_not_answer_keeps_the_store_neither_from_own_operators_nor_from_its_end(
    tmp_path: Path,
) -> None:
    own, elsewhere = tmp_path / "targets", tmp_path / "elsewhere"
    first = write_target(own, "first.json", "127.0.0.1:1")
    hung = write_target(elsewhere, "other.json", "127.0.0.1:2")
    with lease_of(hung) as is_waited_for:
        store = begin_store(tmp_path, elsewhere=Elsewhere(files=(elsewhere,)))
        try:
            assert wait_until(is_waited_for, TIMEOUT_SECONDS)
            assert finds(store, {"127.0.0.1:1"})
            write_target(own, "second.json", "127.0.0.1:3")
            first.unlink()
            assert finds(store, {"127.0.0.1:3"})
        finally:
            store.close()
