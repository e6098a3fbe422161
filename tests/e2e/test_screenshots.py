"""Pictures of the page over a run in progress: the README's come from here (`make screenshots`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MINUTES_IN_THE_README = 4


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_general_health_row_can_be_pictured(
    live_installation: Any, page_url: str, browser_page: Any, scheme: str, tmp_path: Path
) -> None:
    is_for_readme = os.environ.get("UPDATE_SCREENSHOTS") == "1"
    if is_for_readme:
        live_installation.wait_for(
            f"time() - min(process_start_time_seconds) > {MINUTES_IN_THE_README * 60}", 400
        )
    browser_page.emulate_media(color_scheme=scheme)
    # Only what is on the screen is drawn.
    browser_page.set_viewport_size({"width": 1280, "height": 1600})
    browser_page.goto(f"{page_url}/?from=now-5m&to=now&refresh=")
    ready = browser_page.locator('section.panel[data-state="ready"]')
    ready.nth(6).wait_for()
    path = (IMAGES if is_for_readme else tmp_path) / f"general-health-{scheme}.png"
    picture = browser_page.screenshot(path=path, full_page=True)
    # A page of one colour compresses to next to nothing.
    assert len(picture) > 30_000
