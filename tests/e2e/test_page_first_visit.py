"""What the built-in page says while there is nothing to draw, and how that ends by itself."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.e2e.browsing import address_range, open_page, panel
from tests.e2e.conftest import RUN_TIMEOUT_SECONDS, Installation

GUIDE = "Waiting for the first Operator"


def open_without_operator(installation: Installation, page: Page, query: str) -> Locator:
    """Open the page over a store that has seen nothing; gives its guide."""
    address = installation.address_of(installation.start_verb("view"))
    page.goto(f"{address}/{query}")
    return page.get_by_role("region", name=GUIDE)


@pytest.mark.usefixtures("problems")
def test_guide_stands_in_for_the_panels_until_the_first_operator(
    installation: Installation, browser_page: Page
) -> None:
    guide = open_without_operator(installation, browser_page, "?refresh=")
    expect(guide).to_contain_text("mephisto metrics demo")
    expect(guide).to_contain_text("every 1 second")
    expect(browser_page.locator("section.panel:visible")).to_have_count(0)

    installation.start_operator("--seed", "5")

    expect(guide).to_be_hidden(timeout=RUN_TIMEOUT_SECONDS * 1000)
    expect(panel(browser_page, "Estimated Active Worker Count")).to_be_visible()


@pytest.mark.usefixtures("problems")
def test_boards_can_be_looked_at_without_an_operator(
    installation: Installation, browser_page: Page
) -> None:
    query = "?dashboard=mephisto_pipeline&refresh="
    guide = open_without_operator(installation, browser_page, query)
    expect(browser_page.locator(".annotation-list")).to_be_hidden()

    guide.get_by_role("button", name="Show the panels anyway").click()

    expect(guide).to_be_hidden()
    expect(panel(browser_page, "Targets that answer")).to_have_attribute("data-state", "ready")
    sent = panel(browser_page, "Samples sent elsewhere")
    sent.scroll_into_view_if_needed()
    expect(sent.locator(".panel-message")).to_have_text("Nothing is sent to another store")


@pytest.mark.usefixtures("problems")
def test_range_before_the_first_operator_offers_the_last_one(
    page_url: str, browser_page: Page
) -> None:
    # The year 2001: no Operator had been seen.
    browser_page.goto(f"{page_url.rstrip('/')}/?from=1000000000000&to=1000000900000&refresh=")
    notice = browser_page.locator(".notice")
    expect(notice).to_contain_text("No Operator has been seen in this time range")
    expect(browser_page.get_by_role("region", name=GUIDE)).to_be_hidden()
    status = panel(browser_page, "Live task agent status")
    expect(status).to_have_attribute("data-state", "empty")

    notice.get_by_role("button", name="Show the last Operator").click()

    expect(status).to_have_attribute("data-state", "ready")
    expect(notice).to_have_count(0)
    start_ms, end_ms = (int(end) for end in address_range(browser_page))
    now_ms = browser_page.evaluate("Date.now()")
    assert start_ms < now_ms - 10 * 60_000
    assert now_ms - 90_000 < end_ms <= now_ms


def answer_as_newer_server(route: Route) -> None:
    response = route.fetch()
    route.fulfill(response=response, body=json.dumps({**response.json(), "version": "99.0.0"}))


@pytest.mark.usefixtures("problems")
def test_server_of_another_version_asks_for_a_reload(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    browser_page.route("**/config", answer_as_newer_server)

    browser_page.get_by_role("button", name="Refresh").click()
    notice = browser_page.locator(".notice")
    expect(notice).to_contain_text("now has version 99.0.0")

    browser_page.unroute("**/config")
    with browser_page.expect_navigation():
        notice.get_by_role("button", name="Reload").click()
    expect(panel(browser_page, "Live task agent status")).to_be_visible()
    expect(notice).to_have_count(0)


def test_same_notice_is_not_said_again_at_each_refresh(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    browser_page.route("**/api/v1/**", lambda route: route.fulfill(status=502, body="refused"))
    refresh = browser_page.get_by_role("button", name="Refresh")
    refresh.click()
    expect(browser_page.get_by_role("alert").first).to_be_visible()
    browser_page.locator(".notice").evaluate("notice => { notice.dataset.seen = 'yes'; }")

    with browser_page.expect_response(lambda response: response.status == 502):
        refresh.click()

    expect(browser_page.locator(".notice[data-seen]")).to_be_visible()
