"""The page where there is little room: nothing is cut off, and a finger hits what it should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import open_page, panel, show

FINGER_PIXELS = 44
TELEPHONE = {"width": 390, "height": 844}

CONTROLS = 'button, summary, select, input[type="text"]'
TOO_SMALL = """([controls, least]) => [...document.querySelectorAll(controls)]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, box]) => box.height < least || box.width < least)
    .map(([element, box]) => `${element.outerHTML} ${box.width} ${box.height}`)
"""


@pytest.fixture
def telephone(browser: Any) -> Iterator[Page]:
    context = browser.new_context(viewport=TELEPHONE, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


def test_every_control_is_as_large_as_a_finger(page_url: str, telephone: Page) -> None:
    open_page(telephone, page_url, "?refresh=")
    telephone.get_by_role("button", name="Menu", exact=True).tap()

    assert telephone.evaluate(TOO_SMALL, [CONTROLS, FINGER_PIXELS]) == []


@pytest.mark.parametrize("board", ["mephisto", "mephisto_operators", "mephisto_database"])
def test_page_is_no_wider_than_the_screen(page_url: str, telephone: Page, board: str) -> None:
    telephone.goto(f"{page_url}/?dashboard={board}&refresh=")
    expect(telephone.locator('section.panel[data-state="ready"]').first).to_be_visible()

    assert telephone.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]


@pytest.mark.parametrize("opened", [".alerts", '[data-picker="time"]'])
def test_boxes_fit_the_screen(page_url: str, telephone: Page, opened: str) -> None:
    open_page(telephone, page_url, "?refresh=")
    telephone.locator(f"{opened} summary").tap()

    box = telephone.locator(f"{opened} .picker-list").bounding_box()

    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= TELEPHONE["width"]


def test_numbers_of_a_table_are_not_squeezed(page_url: str, telephone: Page) -> None:
    telephone.goto(f"{page_url}/?dashboard=mephisto_operators&refresh=")
    table = panel(telephone, "Operators at a glance")
    expect(table.locator("tbody tr").first).to_be_visible()

    heights = table.locator("tbody tr").evaluate_all("rows => rows.map((row) => row.offsetHeight)")

    assert max(heights) < 160


@pytest.mark.usefixtures("problems")
def test_every_column_of_the_operators_is_seen_at_1280_pixels(
    page_url: str, browser_page: Page
) -> None:
    browser_page.goto(f"{page_url}/?dashboard=mephisto_operators&refresh=")
    table = show(browser_page, "Operators at a glance")

    heading = table.get_by_role("columnheader", name="Errors (per min)")

    expect(heading).to_be_in_viewport(ratio=1)
    scrolled = table.locator(".table-host").evaluate("host => host.scrollWidth - host.clientWidth")
    assert scrolled == 0
