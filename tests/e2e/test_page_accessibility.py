"""The built-in page under axe-core, and on a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import open_page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
SETTLED = "?from=now-5m&to=now&refresh="
WINDOWS = {"desktop": {"width": 1280, "height": 1600}, "telephone": {"width": 390, "height": 844}}


@pytest.fixture
def open_to_axe(browser: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that a script from outside may be put into, which the content policy forbids."""
    scheme, window = request.param
    context = browser.new_context(
        viewport=WINDOWS[window], color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds, each with the element it is about."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: run `npm ci` in web/")
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{one['id']}: {node['html'][:200]} ({node.get('failureSummary', '')})"
        for one in found
        for node in one["nodes"]
    ]


SCHEMES = [(scheme, window) for scheme in ("dark", "light") for window in WINDOWS]


@pytest.mark.parametrize("open_to_axe", SCHEMES, indirect=True, ids="-".join)
def test_page_has_no_violation(page_url: str, open_to_axe: Page) -> None:
    open_page(open_to_axe, page_url, SETTLED)

    assert violations(open_to_axe) == []


@pytest.mark.parametrize("open_to_axe", [("light", "desktop")], indirect=True)
def test_what_opens_has_no_violation(page_url: str, open_to_axe: Page) -> None:
    open_page(open_to_axe, page_url, SETTLED)
    open_to_axe.locator('details[data-picker="time"] summary').click()
    assert violations(open_to_axe) == []
    open_to_axe.keyboard.press("Escape")

    open_to_axe.locator('details[data-variable="operator"] summary').click()
    assert violations(open_to_axe) == []
    open_to_axe.keyboard.press("Escape")

    open_to_axe.keyboard.press("?")
    expect(open_to_axe.get_by_role("dialog")).to_be_visible()
    assert violations(open_to_axe) == []


@pytest.mark.usefixtures("problems")
def test_telephone_folds_the_menu_and_gives_fingers_room(page_url: str, browser_page: Page) -> None:
    browser_page.set_viewport_size(WINDOWS["telephone"])
    open_page(browser_page, page_url, SETTLED)
    refresh_interval = browser_page.get_by_label("Auto-refresh")
    expect(refresh_interval).to_be_hidden()

    browser_page.get_by_role("button", name="Menu", exact=True).click()
    expect(refresh_interval).to_be_visible()

    controls = browser_page.locator(".toolbar button:visible, .toolbar select:visible")
    heights = controls.evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert len(heights) > 6
    assert min(heights) >= 44
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.usefixtures("problems")
def test_page_has_one_main_heading_and_landmarks(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, SETTLED)

    expect(browser_page.get_by_role("heading", level=1)).to_have_count(1)
    expect(browser_page.get_by_role("main")).to_have_count(1)
    expect(browser_page.get_by_role("banner")).to_have_count(1)
    expect(browser_page.get_by_role("heading", level=2, name="General Health")).to_be_visible()
