"""Time on the built-in page: ranges, history, the time zone, and links that keep them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.browsing import (
    address_range,
    choose_quick_range,
    open_page,
    panel,
    point_at_data,
    refreshes,
    show,
)

MINUTE_MS = 60_000
TITLE = "Incoming requests per minute"


def time_picker(page: Page) -> Locator:
    return page.locator('details[data-picker="time"]')


def open_time_picker(page: Page) -> Locator:
    picker = time_picker(page)
    picker.locator("summary").click()
    return picker


def apply_range(page: Page, start: str, end: str) -> None:
    picker = open_time_picker(page)
    picker.get_by_label("From", exact=True).fill(start)
    picker.get_by_label("To", exact=True).fill(end)
    picker.get_by_role("button", name="Apply").click()


def parameter(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query)[name][0]


@pytest.mark.usefixtures("problems")
def test_relative_range_is_applied_as_it_is_typed(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")

    request = refreshes(browser_page, lambda: apply_range(browser_page, "now-4m", "now-1m"))

    asked = parse_qs(urlsplit(request.url).query)
    seconds = float(asked["end"][0]) - float(asked["start"][0])
    assert address_range(browser_page) == ("now-4m", "now-1m")
    assert seconds == pytest.approx(180, abs=15)
    expect(time_picker(browser_page).locator("summary")).to_contain_text("now-4m to now-1m")


@pytest.mark.usefixtures("problems")
def test_dates_become_instants_in_the_address(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?timezone=utc&refresh=")

    refreshes(browser_page, lambda: apply_range(browser_page, "2026-01-31", "2026-01-31 12:00"))

    assert address_range(browser_page) == ("1769817600000", "1769860800000")


@pytest.mark.parametrize(
    ("start", "end", "field", "message"),
    [
        ("noon", "now", "From", "“noon” is not a time"),
        ("now-1h", "2026-02-30", "To", "“2026-02-30” is not a time"),
        ("now", "now-1h", "To", "must come after its start"),
        ("", "now", "From", "Nothing is not a time"),
    ],
)
@pytest.mark.usefixtures("problems")
def test_wrong_end_of_a_range_says_what_is_wrong(
    page_url: str, browser_page: Page, start: str, end: str, field: str, message: str
) -> None:
    open_page(browser_page, page_url, "?from=now-5m&to=now&refresh=")

    apply_range(browser_page, start, end)

    wrong = time_picker(browser_page).get_by_label(field, exact=True)
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_be_focused()
    expect(time_picker(browser_page).locator(".field-problem:not(:empty)")).to_contain_text(message)
    assert address_range(browser_page) == ("now-5m", "now")


@pytest.mark.usefixtures("problems")
def test_calendar_fills_the_field(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    picker = open_time_picker(browser_page)

    # The browser's own calendar is beyond the reach of a test; this is what it does.
    picker.locator('input[type="datetime-local"]').first.evaluate(
        """(input) => {
            input.value = "2026-01-31T12:30";
            input.dispatchEvent(new Event("change"));
        }"""
    )

    expect(picker.get_by_label("From", exact=True)).to_have_value("2026-01-31 12:30")


@pytest.mark.usefixtures("problems")
def test_earlier_and_later_shift_by_half_the_range(page_url: str, browser_page: Page) -> None:
    browser_page.goto(f"{page_url.rstrip('/')}/?from=now-10m&to=now-4m&refresh=")

    browser_page.get_by_role("button", name="Earlier").click()
    earlier = [int(end) for end in address_range(browser_page)]
    browser_page.get_by_role("button", name="Later").click()
    later = [int(end) for end in address_range(browser_page)]

    assert earlier[1] - earlier[0] == 6 * MINUTE_MS
    assert [end + 3 * MINUTE_MS for end in earlier] == later


@pytest.mark.usefixtures("problems")
def test_history_leads_back_and_forward(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?from=now-5m&to=now&refresh=")
    choose_quick_range(browser_page, "Last 30 minutes")
    choose_quick_range(browser_page, "Today so far")
    assert address_range(browser_page) == ("now/d", "now")

    refreshes(browser_page, browser_page.go_back)
    assert address_range(browser_page) == ("now-30m", "now")
    expect(time_picker(browser_page).locator("summary")).to_have_text("Last 30 minutes")

    refreshes(browser_page, browser_page.go_forward)
    assert address_range(browser_page) == ("now/d", "now")
    expect(time_picker(browser_page).locator("summary")).to_have_text("Today so far")


@pytest.fixture
def page_in_kathmandu(browser: Any) -> Iterator[Page]:
    """A browser a quarter of an hour off every zone of whole and half hours."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, timezone_id="Asia/Kathmandu"
    )
    yield context.new_page()
    context.close()


def clock_on(page: Page) -> str:
    """The time of day in the tooltip over a graph."""
    point_at_data(page, TITLE)
    time = page.locator(".page-tooltip > .tooltip-time")
    expect(time).to_be_visible()
    return (time.text_content() or "").split(" ")[1]


def test_time_zone_is_that_of_the_browser_until_utc_is_chosen(
    page_url: str, page_in_kathmandu: Page
) -> None:
    page = page_in_kathmandu
    open_page(page, page_url, "?from=now-2m&to=now&refresh=")
    there = clock_on(page)

    picker = open_time_picker(page)
    with page.expect_request("**/api/v1/query_range?*"):
        picker.get_by_label("Time zone").select_option(label="UTC")
    assert parameter(page, "timezone") == "utc"
    page.keyboard.press("Escape")
    show(page, TITLE)
    in_utc = clock_on(page)

    ahead_minutes = (minutes_of(there) - minutes_of(in_utc)) % (24 * 60)
    # The pointer may have moved on to the next points in between.
    assert ahead_minutes == pytest.approx(5 * 60 + 45, abs=3)


def minutes_of(clock: str) -> int:
    hours, minutes, _ = clock.split(":")
    return 60 * int(hours) + int(minutes)


def test_link_shows_the_same_view_in_another_browser(
    page_url: str, browser_page: Page, page_in_kathmandu: Page
) -> None:
    open_page(browser_page, page_url, "?timezone=utc&refresh=")
    apply_range(browser_page, "2026-01-31 10:00", "2026-01-31 12:00")
    text = time_picker(browser_page).locator("summary").text_content()

    page_in_kathmandu.goto(browser_page.url)

    expect(time_picker(page_in_kathmandu).locator("summary")).to_have_text(text or "?")
    assert text == "2026-01-31 10:00:00 to 2026-01-31 12:00:00"


@pytest.mark.usefixtures("problems")
def test_day_begins_at_midnight_of_the_chosen_zone(page_url: str, page_in_kathmandu: Page) -> None:
    open_page(page_in_kathmandu, page_url, "?from=now/d&to=now/d&refresh=")
    start, end = panel_range_ms(page_in_kathmandu)

    offset_ms = (5 * 60 + 45) * MINUTE_MS
    day_ms = 24 * 60 * MINUTE_MS
    assert (start + offset_ms) % day_ms == 0
    assert end - start == day_ms - 1


def panel_range_ms(page: Page) -> tuple[int, int]:
    shown = panel(page, TITLE).get_attribute("data-range") or ""
    start, end = shown.split("/")
    return int(start), int(end)


@pytest.mark.usefixtures("problems")
def test_folded_row_is_in_the_address(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    row = browser_page.get_by_role("button", name="General Health")

    row.click()
    expect(row).to_have_attribute("aria-expanded", "false")
    browser_page.goto(browser_page.url)

    expect(row).to_have_attribute("aria-expanded", "false")
    expect(panel(browser_page, TITLE)).to_be_hidden()


def test_address_without_a_valid_range_says_so(page_url: str, browser_page: Page) -> None:
    browser_page.goto(f"{page_url.rstrip('/')}/?from=teatime&to=now&refresh=")

    expect(browser_page.get_by_role("alert")).to_contain_text("“teatime” is not a time")
