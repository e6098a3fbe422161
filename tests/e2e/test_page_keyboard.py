"""The built-in page without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import GENERAL_HEALTH, address_range, panel, refreshes

RANGE = "?from=now-6m&to=now-2m&refresh="


def open_before(page: Page, page_url: str) -> None:
    """Open the page over a range that a run may have begun after."""
    page.goto(page_url.rstrip("/") + "/" + RANGE)
    first = panel(page, GENERAL_HEALTH[0])
    expect(first).not_to_have_attribute("data-state", "loading", timeout=30_000)


@pytest.mark.usefixtures("problems")
def test_first_stop_skips_to_the_panels(page_url: str, browser_page: Page) -> None:
    open_before(browser_page, page_url)
    address = browser_page.url

    browser_page.keyboard.press("Tab")
    skip = browser_page.get_by_role("link", name="Skip to the panels")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    browser_page.keyboard.press("Enter")

    expect(browser_page.locator("main")).to_be_focused()
    assert browser_page.url == address


@pytest.mark.usefixtures("problems")
def test_question_mark_lists_the_shortcuts_and_escape_closes(
    page_url: str, browser_page: Page
) -> None:
    open_before(browser_page, page_url)
    dialog = browser_page.get_by_role("dialog", name="Keyboard shortcuts")

    browser_page.keyboard.press("?")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("zoom out")
    keys = dialog.locator("dt").all_text_contents()
    assert len(set(keys)) == len(keys)

    browser_page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize(
    ("keys", "start_minutes", "end_minutes"),
    [(("t", "ArrowLeft"), 8, 4), (("t", "ArrowRight"), 4, 0), (("t", "z"), 8, 0)],
)
@pytest.mark.usefixtures("problems")
def test_keys_move_through_time(
    page_url: str,
    browser_page: Page,
    keys: tuple[str, ...],
    start_minutes: float,
    end_minutes: float,
) -> None:
    open_before(browser_page, page_url)

    def press() -> None:
        for key in keys:
            browser_page.keyboard.press(key)

    refreshes(browser_page, press)

    now_ms = browser_page.evaluate("Date.now()")
    start_ms, end_ms = (int(end) for end in address_range(browser_page))
    assert now_ms - start_ms == pytest.approx(start_minutes * 60_000, abs=20_000)
    assert now_ms - end_ms == pytest.approx(end_minutes * 60_000, abs=20_000)


@pytest.mark.usefixtures("problems")
def test_r_reads_anew(page_url: str, browser_page: Page) -> None:
    open_before(browser_page, page_url)

    refreshes(browser_page, lambda: browser_page.keyboard.press("r"))


@pytest.mark.usefixtures("problems")
def test_keys_fold_and_unfold_all_rows(page_url: str, browser_page: Page) -> None:
    open_before(browser_page, page_url)
    general_health = browser_page.get_by_role("button", name="General Health")

    browser_page.keyboard.press("d")
    browser_page.keyboard.press("Shift+C")
    expect(general_health).to_have_attribute("aria-expanded", "false")

    browser_page.keyboard.press("d")
    browser_page.keyboard.press("Shift+E")
    expect(general_health).to_have_attribute("aria-expanded", "true")


@pytest.mark.usefixtures("problems")
def test_what_is_typed_into_a_field_is_no_shortcut(page_url: str, browser_page: Page) -> None:
    open_before(browser_page, page_url)
    picker = browser_page.locator('details[data-picker="time"]')
    picker.locator("summary").press("Enter")
    start = picker.get_by_label("From", exact=True)
    expect(start).to_be_focused()

    start.fill("")
    browser_page.keyboard.type("now-tz?")

    expect(start).to_have_value("now-tz?")
    assert address_range(browser_page) == ("now-6m", "now-2m")
    expect(browser_page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.usefixtures("problems")
def test_escape_closes_a_dropdown_and_keeps_the_place(page_url: str, browser_page: Page) -> None:
    open_before(browser_page, page_url)
    picker = browser_page.locator('details[data-picker="time"]')
    picker.locator("summary").press("Enter")
    expect(picker.get_by_label("From", exact=True)).to_be_focused()

    browser_page.keyboard.press("Escape")

    expect(picker).not_to_have_attribute("open", "")
    expect(picker.locator("summary")).to_be_focused()


@pytest.mark.usefixtures("problems")
def test_row_folds_by_the_keyboard(page_url: str, browser_page: Page) -> None:
    open_before(browser_page, page_url)

    browser_page.get_by_role("button", name="General Health").press("Enter")

    expect(panel(browser_page, "Live unit status")).to_be_hidden()


@pytest.mark.usefixtures("problems")
def test_focus_is_seen(page_url: str, browser_page: Page) -> None:
    open_before(browser_page, page_url)

    for _ in range(4):
        browser_page.keyboard.press("Tab")

    outline = browser_page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
