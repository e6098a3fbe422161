"""The pointer over the graphs: crosshair and tooltip on all of them, by mouse and by finger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    address_range,
    change_dashboard,
    open_page,
    panel,
    point_at_data,
    show,
)

REQUESTS = "Incoming requests per minute"
RESPONSES = "Connecting Agent Responses"
UNITS = "Live unit status"
SETTLED = "?from=now-2m&to=now&refresh="
GRAPH_TOOLTIP = {"nothing": 0, "crosshair": 1, "tooltip": 2}


def point_where_graphs_share(page: Page, page_url: str, shared: str) -> None:
    """Open graphs that share this, and move the pointer over one of them, where all have data."""
    change_dashboard(page, {"graphTooltip": GRAPH_TOOLTIP[shared]})
    open_page(page, page_url, SETTLED)
    point_at_data(page, REQUESTS, (RESPONSES, UNITS) if shared == "tooltip" else ())


@pytest.mark.usefixtures("problems")
def test_pointer_shows_the_crosshair_on_every_graph(page_url: str, browser_page: Page) -> None:
    point_where_graphs_share(browser_page, page_url, "crosshair")

    for title in (REQUESTS, RESPONSES, UNITS):
        expect(panel(browser_page, title).locator(".crosshair")).to_be_visible()
    expect(browser_page.locator(".page-tooltip")).to_be_visible()
    expect(browser_page.locator(".shared-tooltip:visible")).to_have_count(0)


@pytest.mark.usefixtures("problems")
def test_shared_tooltip_tells_of_the_same_time_on_every_graph(
    page_url: str, browser_page: Page
) -> None:
    point_where_graphs_share(browser_page, page_url, "tooltip")

    responses = panel(browser_page, RESPONSES).locator(".shared-tooltip")
    expect(responses).to_be_visible()
    own_time = browser_page.locator(".page-tooltip > .tooltip-time").text_content()
    expect(responses.locator("> .tooltip-time")).to_have_text(own_time or "?")
    expect(
        panel(browser_page, UNITS).locator(".shared-tooltip > .tooltip-row").first
    ).to_be_visible()
    expect(panel(browser_page, REQUESTS).locator(".shared-tooltip")).to_be_hidden()


@pytest.mark.usefixtures("problems")
def test_pointer_that_leaves_takes_everything_with_it(page_url: str, browser_page: Page) -> None:
    point_where_graphs_share(browser_page, page_url, "tooltip")
    expect(browser_page.locator(".crosshair:visible").first).to_be_visible()

    browser_page.mouse.move(2, 2)

    expect(browser_page.locator(".crosshair:visible")).to_have_count(0)
    expect(browser_page.locator(".tooltip:visible")).to_have_count(0)


@pytest.mark.usefixtures("problems")
def test_graphs_share_nothing_where_the_dashboard_says_so(
    page_url: str, browser_page: Page
) -> None:
    point_where_graphs_share(browser_page, page_url, "nothing")

    expect(panel(browser_page, REQUESTS).locator(".crosshair")).to_be_visible()
    expect(browser_page.locator(".crosshair:visible")).to_have_count(1)


@pytest.fixture
def telephone_page(browser: Any) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def chart_box(page: Page, title: str) -> Any:
    show(page, title)
    box = panel(page, title).locator(".chart").bounding_box()
    assert box is not None
    return box


def test_tap_shows_the_tooltip_and_a_tap_elsewhere_hides_it(
    page_url: str, telephone_page: Page
) -> None:
    open_page(telephone_page, page_url, SETTLED)
    box = chart_box(telephone_page, REQUESTS)

    telephone_page.touchscreen.tap(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
    expect(telephone_page.locator(".page-tooltip")).to_be_visible()

    panel(telephone_page, REQUESTS).locator("h3").tap()
    expect(telephone_page.locator(".page-tooltip")).to_be_hidden()


def test_finger_that_moves_sideways_zooms(page_url: str, telephone_page: Page) -> None:
    open_page(telephone_page, page_url, SETTLED)
    box = chart_box(telephone_page, REQUESTS)
    y = box["y"] + 0.5 * box["height"]
    touch = telephone_page.context.new_cdp_session(telephone_page)

    def finger(kind: str, share: float | None) -> None:
        at = [] if share is None else [{"x": box["x"] + share * box["width"], "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    finger("touchStart", 0.4)
    for share in (0.5, 0.6, 0.7, 0.8):
        finger("touchMove", share)
    finger("touchEnd", None)

    telephone_page.wait_for_url(lambda url: "from=now-2m" not in url)
    start, end = address_range(telephone_page)
    assert 20_000 < int(end) - int(start) < 100_000
