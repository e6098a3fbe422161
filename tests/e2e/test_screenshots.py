"""Pictures of the page over a run in progress: the README's come from here (`make screenshots`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MINUTES_IN_THE_README = 4
IS_FOR_README = os.environ.get("UPDATE_SCREENSHOTS") == "1"

OTHER_ROWS = [
    "Operator Health",
    "Network Health",
    "Onboarding Metrics",
    "Other Validation Metrics",
]
# So high that all panels of a row are on the screen: only those are drawn.
VIEWPORT = {"width": 1280, "height": 3600}


@pytest.fixture
def folder(live_installation: Any, tmp_path: Path) -> Path:
    """Where pictures go; for the README when the run has gone on for some minutes."""
    if not IS_FOR_README:
        return tmp_path
    live_installation.wait_for(
        f"time() - min(process_start_time_seconds) > {MINUTES_IN_THE_README * 60}", 400
    )
    return IMAGES


def wait_until_drawn(row: Any) -> None:
    """Wait until no panel of a row is still to be read."""
    row.locator("section.panel").first.wait_for()
    for panel in row.locator("section.panel").all():
        panel.locator('xpath=self::*[@data-state!="loading"]').wait_for()


def keep(picture: bytes, path: Path) -> None:
    path.write_bytes(picture)
    # A page of one colour compresses to next to nothing.
    assert len(picture) > 20_000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_can_be_pictured_in_both_themes(
    page_url: str, browser_page: Any, scheme: str, folder: Path
) -> None:
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.set_viewport_size({"width": 1280, "height": 1300})
    browser_page.goto(f"{page_url}/?from=now-5m&to=now&refresh=")
    wait_until_drawn(browser_page.locator("div.row").first)
    keep(browser_page.screenshot(), folder / f"general-health-{scheme}.png")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("title", OTHER_ROWS)
def test_every_row_can_be_pictured(
    page_url: str, browser_page: Any, title: str, folder: Path
) -> None:
    browser_page.emulate_media(color_scheme="dark")
    browser_page.set_viewport_size(VIEWPORT)
    browser_page.goto(f"{page_url}/?from=now-5m&to=now&refresh=")
    row = browser_page.locator("div.row").filter(
        has=browser_page.get_by_role("button", name=title, exact=True)
    )
    toggle = row.get_by_role("button", name=title, exact=True)
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    row.scroll_into_view_if_needed()
    wait_until_drawn(row)
    keep(row.screenshot(), folder / f"{title.lower().replace(' ', '-')}.png")
