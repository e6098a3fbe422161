"""Grafana's provisioning files: data source, boards, alerts; `apiVersion` 1.

They are written as JSON, which is YAML too. In most strings Grafana replaces `$NAME`, and `$$` is a
dollar. Not in what alerts ask and say, which is full of dollars of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import is_web_address
from mephisto_metrics.stack.files import write_private
from mephisto_metrics.stack.grafana import files, ini, packaged

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.grafana.packaged import Json

DATA_SOURCE_NAME = "Mephisto metrics"
"""Never to change: another name under the same uid keeps Grafana from starting."""
FOLDER_TITLE = "Mephisto"
ORGANIZATION_ID = 1
LONGEST_UNREAD_CHANGE_SECONDS = 30


def data_source(
    uid: str,
    store_url: str,
    scrape_interval_seconds: float,
    access: Json | None = None,
    is_default: bool = True,
) -> Json:
    """Return the file of the data source; `access` is what it has more to be let in."""
    source = data_source_settings(uid, store_url, scrape_interval_seconds)
    access = access or {}
    source |= {
        **access,
        "orgId": ORGANIZATION_ID,
        "url": literal(source["url"]),
        "isDefault": is_default,
        "editable": False,
        "jsonData": {**source["jsonData"], **access.get("jsonData", {})},
    }
    return {"apiVersion": 1, "datasources": [source]}


def data_source_settings(uid: str, store_url: str, scrape_interval_seconds: float) -> Json:
    """Return what a data source over our store is, in files and in the API."""
    check_store_url(store_url)
    return {
        "name": DATA_SOURCE_NAME,
        "uid": uid,
        "type": packaged.DATA_SOURCE_TYPE,
        "access": "proxy",
        "url": store_url,
        "jsonData": {"httpMethod": "POST", "timeInterval": _interval(scrape_interval_seconds)},
    }


def boards(folder: Path) -> Json:
    """Return the file that has Grafana show the boards of a folder."""
    provider = {
        "name": "mephisto-metrics",
        "orgId": ORGANIZATION_ID,
        "folder": FOLDER_TITLE,
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "updateIntervalSeconds": LONGEST_UNREAD_CHANGE_SECONDS,
        "options": {"path": literal(str(folder))},
    }
    return {"apiVersion": 1, "providers": [provider]}


def as_file(content: Json) -> str:
    """Write a provisioning file. Not in ASCII: YAML has no pairs of escapes for one character."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def paths(folder: Path) -> dict[str, Path]:
    """Return where in a provisioning folder each file goes."""
    return {
        "data source": folder / "datasources" / "mephisto.yaml",
        "boards": folder / "dashboards" / "mephisto.yaml",
        "alerts": folder / "alerting" / "mephisto.json",
    }


def write_all(store_url: str, scrape_interval_seconds: float, access: Json) -> None:
    """Write the files of the Grafana that is started here."""
    folder = files.config_folder() / "provisioning"
    contents = {
        "data source": data_source(
            packaged.DATA_SOURCE_UID, store_url, scrape_interval_seconds, access
        ),
        "boards": boards(packaged.boards_folder()),
        "alerts": packaged.alerts(),
    }
    for name, path in paths(folder).items():
        write_private(path, as_file(contents[name]))
    # Grafana complains of each that is missing.
    (folder / "plugins").mkdir(exist_ok=True)


def check_store_url(url: str) -> None:
    """Raise `StackError` for what is no address of a store, or has a password in it."""
    if not is_web_address(url) or ini.CONTROL.search(url):
        raise StackError(
            f"`{url}` is no address of a store", "expected one like `http://127.0.0.1:9090`"
        )
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise StackError(
            f"the address of the store at `{parts.hostname}` has a password in it, which everybody "
            "would see who may look at the data source",
            "leave it out, and set it at the data source in Grafana; `mephisto metrics view` takes "
            "it from MEPHISTO_METRICS_REMOTE_USER and MEPHISTO_METRICS_REMOTE_PASSWORD_FILE",
        )


def content_of(path: Path) -> str:
    """Write that a value is what stands in a file, without spaces at its ends.

    Raises `StackError` if Grafana would look for another file.
    """
    ini.check_path(path)
    if "$$" in str(path):  # it is made one before the path is looked for
        raise ini.refused(f"the path `{path}`", "`$$`")
    return f"$__file{{{path}}}"


def literal(text: str) -> str:
    """Write a value of any characters."""
    return text.replace("$", "$$")


def _interval(seconds: float) -> str:
    return f"{seconds:.0f}s" if seconds.is_integer() else f"{seconds * 1000:.0f}ms"
