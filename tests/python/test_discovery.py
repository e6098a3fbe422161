"""Which targets the built-in store finds, and what does not keep it from finding others."""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path

import pytest
from tests.built_in_store import ANSWER_TIMEOUT_SECONDS, begin_store, url_of

from mephisto_metrics._core import Store
from mephisto_metrics.stack.elsewhere import Elsewhere
from mephisto_metrics.stack.readiness import wait_until


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
        assert wait_until(lambda: addresses(store) == {"127.0.0.1:1", "127.0.0.1:2"}, 60)
        write_target(own, "second.json", "127.0.0.1:3")
        first.unlink()
        assert wait_until(lambda: addresses(store) == {"127.0.0.1:2", "127.0.0.1:3"}, 60)
    finally:
        store.close()
