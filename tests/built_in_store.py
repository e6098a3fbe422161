"""A built-in store in the test's own process."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

from mephisto_metrics._core import Store
from mephisto_metrics.stack.remote import RemoteWrite

ANSWER_TIMEOUT_SECONDS = 30


def begin_store(folder: Path, **options: Any) -> Store:
    """Begin a store on a free port, with its data and its targets below `folder`."""
    defaults = {
        "data_directory": folder / "data",
        "targets_directory": folder / "targets",
        "rule_files": [],
        "host": "127.0.0.1",
        "port": 0,
        "scrape_interval_seconds": 1.0,
        "retention_seconds": 3600.0,
    }
    return Store(**{**defaults, **options})


def begin_sending_store(folder: Path, remote_write: RemoteWrite | None) -> Store:
    """Begin a store that soon has samples to send: of a target that does not answer."""
    targets = folder / "targets"
    targets.mkdir(exist_ok=True)
    (targets / "one.json").write_text(json.dumps([{"targets": ["127.0.0.1:1"]}]))
    return begin_store(folder, scrape_interval_seconds=0.2, remote_write=remote_write)


def url_of(store: Store) -> str:
    """Return the address of a store's API."""
    return "http://{}:{}".format(*store.address)


def own_metric(store: Store, name: str) -> float:
    """Return what a store tells of itself: the value of `mephisto_store_...`."""
    with urllib.request.urlopen(f"{url_of(store)}/metrics", timeout=ANSWER_TIMEOUT_SECONDS) as told:
        text = told.read().decode()
    found = re.search(rf"^mephisto_store_{name} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


def remote_write_metric(store: Store, name: str) -> float:
    """Return what a store tells of its sending: `mephisto_store_remote_write_...`."""
    return own_metric(store, f"remote_write_{name}")
