"""What the built-in page reads, and when."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect
from tests.e2e.browsing import open_page, panel, refreshes, show

FIRST = "P99 E2E processing by packet type"
LAST = "Launched unit counts"
# So small that only the first line of panels is on the screen.
SMALL = {"width": 1280, "height": 420}
SECONDS_AGO = re.compile(r"^\d+ s ago$")


def is_query(request: Request) -> bool:
    return "/api/v1/query" in request.url


def set_visibility(page: Page, state: str) -> None:
    """What the browser does when another tab comes to the front, or this one again."""
    page.evaluate(
        """(state) => {
            const changed = { value: state, configurable: true };
            Object.defineProperty(document, "visibilityState", changed);
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


@pytest.mark.usefixtures("problems")
def test_panel_is_read_when_it_comes_onto_the_screen(page_url: str, browser_page: Page) -> None:
    browser_page.set_viewport_size(SMALL)
    browser_page.goto(f"{page_url.rstrip('/')}/?refresh=")
    expect(panel(browser_page, FIRST)).to_have_attribute("data-state", "ready", timeout=30_000)
    last = panel(browser_page, LAST)
    expect(last).to_have_attribute("data-state", "loading")

    with browser_page.expect_request(is_query):
        last.scroll_into_view_if_needed()

    expect(last).to_have_attribute("data-state", "ready")
    first_range = panel(browser_page, FIRST).get_attribute("data-range")
    expect(last).to_have_attribute("data-range", first_range or "")


@pytest.mark.usefixtures("problems")
def test_refresh_leaves_what_is_off_the_screen(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    browser_page.set_viewport_size(SMALL)
    browser_page.evaluate("scrollTo(0, 0)")
    last = panel(browser_page, LAST)
    expect(last).not_to_be_in_viewport()
    before = last.get_attribute("data-range")
    first_before = panel(browser_page, FIRST).get_attribute("data-range")

    refreshes(browser_page, browser_page.get_by_role("button", name="Refresh").click)
    expect(panel(browser_page, FIRST)).not_to_have_attribute("data-range", first_before or "")
    expect(last).to_have_attribute("data-range", before or "")

    last.scroll_into_view_if_needed()
    expect(last).not_to_have_attribute("data-range", before or "")


@pytest.mark.usefixtures("problems")
def test_folded_row_asks_for_nothing_until_it_is_unfolded(
    page_url: str, browser_page: Page
) -> None:
    queries: list[str] = []
    # Only panels of this row ask for it.
    browser_page.on(
        "request",
        lambda one: queries.append(one.url) if "e2e_packet_latency" in one.url else None,
    )
    open_page(browser_page, page_url, "?refresh=")
    browser_page.get_by_role("button", name="General Health").click()
    address = browser_page.url
    queries.clear()

    with browser_page.expect_response("**/api/v1/series?*"):
        browser_page.goto(address)
    with browser_page.expect_response("**/api/v1/series?*"):
        browser_page.get_by_role("button", name="Refresh").click()
    assert queries == []

    refreshes(browser_page, browser_page.get_by_role("button", name="General Health").click)
    show(browser_page, FIRST)


def test_slow_refresh_does_not_pile_up(page_url: str, browser_page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    readings: list[str] = []
    browser_page.clock.install()
    open_page(browser_page, page_url, "?refresh=5s")
    browser_page.route("**/api/v1/query_range?*", hold)
    with browser_page.expect_request("**/api/v1/query_range?*"):
        browser_page.clock.fast_forward(5_000)
    browser_page.on(
        "request", lambda one: readings.append(one.url) if "/label/" in one.url else None
    )

    browser_page.clock.fast_forward(20_000)
    assert readings == []

    for route in held:
        route.continue_()
    browser_page.unroute("**/api/v1/query_range?*")
    with browser_page.expect_request("**/api/v1/query_range?*"):
        browser_page.clock.run_for(6_000)


@pytest.mark.usefixtures("problems")
def test_hidden_tab_asks_for_nothing_and_catches_up(page_url: str, browser_page: Page) -> None:
    requests: list[str] = []
    browser_page.clock.install()
    open_page(browser_page, page_url, "?refresh=")
    set_visibility(browser_page, "hidden")
    # The choice is answered by a reading, which is over when the data is new again.
    age = browser_page.locator(".age")
    expect(age).to_have_text(SECONDS_AGO)
    browser_page.clock.fast_forward(185_000)
    expect(age).to_have_text("3 min ago")
    browser_page.get_by_label("Auto-refresh").select_option(label="5 s")
    expect(age).to_have_text(SECONDS_AGO)
    browser_page.on("request", lambda one: requests.append(one.url))

    browser_page.clock.fast_forward(60_000)
    assert requests == []

    refreshes(browser_page, lambda: set_visibility(browser_page, "visible"))


@pytest.mark.usefixtures("problems")
def test_age_of_the_data_is_seen(page_url: str, browser_page: Page) -> None:
    browser_page.clock.install()
    open_page(browser_page, page_url, "?refresh=")
    age = browser_page.locator(".age")
    expect(age).to_have_text(SECONDS_AGO)

    browser_page.clock.fast_forward(185_000)
    expect(age).to_have_text("3 min ago")

    browser_page.get_by_role("button", name="Refresh").click()
    expect(age).to_have_text(SECONDS_AGO)


@pytest.mark.parametrize("interval", ["5 s", "10 s", "30 s", "1 min", "2 min", "5 min"])
@pytest.mark.usefixtures("problems")
def test_interval_is_kept_in_the_address(page_url: str, browser_page: Page, interval: str) -> None:
    browser_page.goto(f"{page_url.rstrip('/')}/?refresh=")

    browser_page.get_by_label("Auto-refresh").select_option(label=interval)

    expected = interval.replace(" ", "").replace("min", "m")
    assert parse_qs(urlsplit(browser_page.url).query)["refresh"] == [expected]
    expect(browser_page.get_by_label("Auto-refresh")).to_have_value(expected)
