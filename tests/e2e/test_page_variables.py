"""The dropdowns of variables on the built-in page."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.e2e.browsing import open_page, refreshes


def picker(page: Page, name: str = "operator") -> Locator:
    return page.locator(f'details[data-variable="{name}"]')


def open_picker(page: Page, name: str = "operator") -> Locator:
    found = picker(page, name)
    found.locator("summary").press("Enter")
    expect(found.locator("input:focus")).to_have_count(1)
    return found


def answer_with_many_operators(route: Route) -> None:
    """A store that has seen more Operators than a test can start."""
    names = [f"{4000 + number}-{'odd' if number % 2 else 'even'}" for number in range(40)]
    route.fulfill(body=json.dumps({"status": "success", "data": names}))


def chosen(page: Page) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("var-operator", [])


@pytest.mark.usefixtures("problems")
def test_long_list_is_filtered_by_what_is_typed(page_url: str, browser_page: Page) -> None:
    browser_page.route("**/label/operator/values?*", answer_with_many_operators)
    open_page(browser_page, page_url, "?refresh=")
    operators = open_picker(browser_page)
    expect(operators.get_by_role("searchbox")).to_be_focused()

    browser_page.keyboard.type("even 401")

    expect(operators.locator("label")).to_have_text(
        ["4010-even", "4012-even", "4014-even", "4016-even", "4018-even"]
    )
    browser_page.keyboard.type("x")
    expect(operators.locator(".picker-nothing")).to_be_visible()


@pytest.mark.usefixtures("problems")
def test_arrows_and_enter_choose_several(page_url: str, browser_page: Page) -> None:
    browser_page.route("**/label/operator/values?*", answer_with_many_operators)
    open_page(browser_page, page_url, "?refresh=")
    operators = open_picker(browser_page)
    browser_page.keyboard.type("4010")

    browser_page.keyboard.press("Enter")
    expect(operators.locator("summary")).to_have_text("4010-even")
    operators.get_by_role("searchbox").fill("4011")
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("Enter")

    expect(operators.locator("summary")).to_have_text("4010-even + 4011-odd")
    expect(operators.get_by_role("checkbox", name="4011-odd")).to_be_focused()
    assert chosen(browser_page) == ["4010-even", "4011-odd"]
    browser_page.keyboard.press("Escape")
    expect(operators).not_to_have_attribute("open", "")


@pytest.mark.usefixtures("problems")
def test_all_takes_single_choices_back(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    operators = open_picker(browser_page)
    refreshes(browser_page, operators.locator('input:not([value="$__all"])').first.check)
    expect(operators.locator("summary")).not_to_have_text("All")

    refreshes(browser_page, operators.get_by_role("checkbox", name="All").check)

    expect(operators.locator("summary")).to_have_text("All")
    assert chosen(browser_page) == ["$__all"]


@pytest.mark.usefixtures("problems")
def test_chosen_value_that_is_gone_is_shown_as_such(page_url: str, browser_page: Page) -> None:
    browser_page.goto(f"{page_url.rstrip('/')}/?var-operator=long-ago&refresh=")

    operators = open_picker(browser_page)

    gone = operators.locator("label", has_text="long-ago")
    expect(gone).to_contain_text("not in this time range")
    expect(gone.locator("input")).to_be_checked()
    expect(operators.locator("summary")).to_have_attribute(
        "aria-label", "Operator: long-ago; not in this time range: long-ago"
    )


@pytest.mark.usefixtures("problems")
def test_open_list_stays_through_a_refresh(page_url: str, browser_page: Page) -> None:
    browser_page.route("**/label/operator/values?*", answer_with_many_operators)
    open_page(browser_page, page_url, "?refresh=5s")
    operators = open_picker(browser_page)
    browser_page.keyboard.type("odd")

    with browser_page.expect_response("**/api/v1/series?*"):
        pass

    expect(operators.get_by_role("searchbox")).to_have_value("odd")
    expect(operators.get_by_role("searchbox")).to_be_focused()
    expect(operators.locator("label")).to_have_count(20)
