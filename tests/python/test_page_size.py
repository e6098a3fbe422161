"""The built page is small enough to be there at once, also over a slow line."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import mephisto_metrics
from mephisto_metrics._core import PageServer

LIMIT_BYTES = 500_000
PACKAGE = Path(mephisto_metrics.__file__).parent


def test_all_files_of_the_page_are_under_500_kb_as_they_are_sent(tmp_path: Path) -> None:
    server = PageServer(
        assets_directory=PACKAGE / "web",
        dashboards_directory=tmp_path,
        store_url="http://127.0.0.1:9",
        scrape_interval_seconds=5.0,
        host="127.0.0.1",
        port=0,
    )
    try:
        # What ends with `.gz` is sent in place of the file beside it.
        files = [path for path in (PACKAGE / "web").rglob("*.*") if path.suffix != ".gz"]
        assert any(path.suffix == ".js" for path in files)
        address = "http://{}:{}".format(*server.address)
        sizes = [sent_bytes(f"{address}/{path.relative_to(PACKAGE / 'web')}") for path in files]
    finally:
        server.close()
    assert sum(sizes) < LIMIT_BYTES


def sent_bytes(address: str) -> int:
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return len(answer.read())
