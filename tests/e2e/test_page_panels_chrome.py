"""What surrounds a panel: menu, full screen, inspector, CSV, table, and why it shows nothing."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.e2e.browsing import drawn, open_page, panel, show

TITLE = "Incoming requests per minute"
STILL = "?from=now-5m&to=now&refresh="


def open_menu(page: Page, title: str = TITLE) -> Locator:
    page.get_by_role("button", name=f"Menu of {title}").click()
    return page.get_by_role("menu", name=title)


def inspect(page: Page, tab: str) -> Locator:
    open_menu(page).get_by_role("menuitem", name="Inspect").click()
    page.get_by_role("tab", name=tab).click()
    return page.get_by_role("dialog", name=f"Inspect {TITLE}")


@pytest.mark.usefixtures("problems")
def test_menu_is_led_by_the_keyboard(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, STILL)
    button = browser_page.get_by_role("button", name=f"Menu of {TITLE}")
    button.focus()

    browser_page.keyboard.press("ArrowDown")
    items = browser_page.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    browser_page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    browser_page.keyboard.press("Escape")

    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


@pytest.mark.usefixtures("problems")
def test_v_shows_a_panel_alone_and_escape_and_back_lead_out(
    page_url: str, browser_page: Page
) -> None:
    open_page(browser_page, page_url, STILL)
    visible = browser_page.locator("section.panel:visible")
    everything = visible.count()
    browser_page.get_by_role("button", name=f"Menu of {TITLE}").focus()

    browser_page.keyboard.press("v")
    expect(visible).to_have_count(1)
    assert "viewPanel=" in browser_page.url
    browser_page.keyboard.press("Escape")
    expect(visible).to_have_count(everything)
    assert "viewPanel=" not in browser_page.url
    browser_page.go_back()
    expect(visible).to_have_count(1)
    show(browser_page, TITLE)


@pytest.mark.usefixtures("problems")
def test_v_means_the_panel_that_was_pointed_at_or_reached_last(
    page_url: str, browser_page: Page
) -> None:
    open_page(browser_page, page_url, STILL)
    pointed_at = "Connecting Agent Responses"
    browser_page.get_by_role("button", name=f"Menu of {TITLE}").focus()

    panel(browser_page, pointed_at).locator(".chart").hover()
    browser_page.keyboard.press("v")
    expect(panel(browser_page, TITLE)).to_be_hidden()
    expect(panel(browser_page, pointed_at)).to_be_visible()
    browser_page.keyboard.press("Escape")

    browser_page.get_by_role("button", name=f"About {TITLE}").focus()
    browser_page.keyboard.press("v")
    expect(panel(browser_page, pointed_at)).to_be_hidden()
    expect(panel(browser_page, TITLE)).to_be_visible()


@pytest.mark.usefixtures("problems")
def test_inspector_shows_the_query_as_written_and_as_sent(
    page_url: str, browser_page: Page
) -> None:
    open_page(browser_page, page_url, STILL)

    dialog = inspect(browser_page, "Query")

    expect(dialog.locator("[data-expression='As written']").first).to_contain_text("$operator")
    sent = dialog.locator("[data-expression='As sent']").first
    expect(sent).to_contain_text('operator=~".*"')
    expect(sent).not_to_contain_text("$")
    expect(dialog.locator("dl").last).to_contain_text("Samples")


@pytest.mark.usefixtures("problems")
def test_csv_is_what_is_drawn(page_url: str, browser_page: Page, tmp_path: Path) -> None:
    open_page(browser_page, page_url, STILL)
    with browser_page.expect_download() as download:
        open_menu(browser_page).get_by_role("menuitem", name="Download CSV").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)

    header, *rows = csv.reader(io.StringIO(path.read_bytes().decode()))
    values = {
        name: [
            [datetime.fromisoformat(row[0].replace("Z", "+00:00")).timestamp() * 1000, value]
            for row, value in ((row, float(row[index])) for row in rows if row[index])
        ]
        for index, name in enumerate(header)
        if index
    }

    assert values == {one["legend"]: one["points"] for one in drawn(browser_page, TITLE)}


@pytest.mark.usefixtures("problems")
def test_a_failed_refresh_keeps_the_data_with_a_mark(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, STILL)
    before = drawn(browser_page, TITLE)
    error = {"status": "error", "errorType": "execution", "error": "too many samples"}
    browser_page.route("**/api/v1/query_range?*", lambda route: route.fulfill(json=error))

    browser_page.get_by_role("button", name="Refresh", exact=True).click()

    mark = panel(browser_page, TITLE).get_by_role("button", name="Not read anew")
    expect(mark).to_be_visible()
    assert drawn(browser_page, TITLE) == before
    mark.click()
    expect(browser_page.get_by_role("dialog")).to_contain_text("too many samples")


def test_a_query_that_reads_too_much_says_so_with_the_query_and_a_way_out(
    page_url: str, browser_page: Page
) -> None:
    error = {"status": "error", "errorType": "execution", "error": "too many samples"}
    browser_page.route(
        "**/api/v1/query_range?*", lambda route: route.fulfill(status=422, json=error)
    )
    browser_page.goto(page_url.rstrip("/") + "/" + STILL)

    message = panel(browser_page, TITLE).locator(".panel-message")

    expect(message).to_contain_text("The query reads too much")
    expect(message).to_contain_text("Choose a shorter time range")
    expect(message.locator("code")).to_contain_text("client_io_handler_latency_seconds_count")


def without_names(route: Route) -> None:
    """Answers that no metric exists."""
    route.fulfill(json={"status": "success", "data": []})


def empty(route: Route) -> None:
    matrix = {"resultType": "matrix", "result": []}
    route.fulfill(json={"status": "success", "data": matrix})


@pytest.mark.usefixtures("problems")
def test_a_metric_that_never_was_is_named_with_the_age_of_the_store(
    page_url: str, browser_page: Page
) -> None:
    browser_page.route("**/api/v1/query_range?*", empty)
    browser_page.route("**/api/v1/label/__name__/values?*", without_names)
    browser_page.goto(page_url.rstrip("/") + "/" + STILL)

    message = panel(browser_page, TITLE).locator(".panel-message")

    expect(message).to_contain_text(
        "The store has no metric “client_io_handler_latency_seconds_count”"
    )
    expect(message).to_contain_text("The store has been running since 20")


@pytest.mark.usefixtures("problems")
def test_data_of_other_operators_is_told(page_url: str, browser_page: Page) -> None:
    browser_page.goto(page_url.rstrip("/") + "/" + STILL + "&var-operator=nobody")

    message = panel(browser_page, TITLE).locator(".panel-message")

    expect(message).to_contain_text("but not for Operator “nobody”", timeout=30_000)


def test_a_fault_in_one_panel_leaves_the_others(page_url: str, browser_page: Page) -> None:
    def spoil(route: Route) -> None:
        response = route.fetch()
        board: dict[str, Any] = response.json()
        for one in board["panels"]:
            if one.get("title") == TITLE:
                one["fieldConfig"]["overrides"] = [
                    {"matcher": {"id": "byRegexp", "options": "/(/"}, "properties": []}
                ]
        route.fulfill(response=response, body=json.dumps(board))

    browser_page.route("**/dashboards/mephisto.json", spoil)
    browser_page.goto(page_url.rstrip("/") + "/" + STILL)

    spoilt = panel(browser_page, TITLE)
    expect(spoilt).to_have_attribute("data-state", "error", timeout=30_000)
    expect(spoilt.locator(".panel-message")).to_contain_text("This panel cannot be drawn")
    show(browser_page, "Live unit status")


@pytest.mark.usefixtures("problems")
def test_table_has_calculations_and_leads_to_the_values_over_time(
    page_url: str, browser_page: Page
) -> None:
    open_page(browser_page, page_url, STILL)
    table = panel(browser_page, TITLE).locator(".values table")
    headings = ["Series", "Last *", "Min", "Max", "Mean"]
    expect(table.locator("thead th")).to_have_text(headings)

    open_menu(browser_page).get_by_role("menuitem", name="Show values").click()
    panel(browser_page, TITLE).get_by_role("button", name="Values over time").click()

    rows = browser_page.get_by_role("dialog").locator("tbody tr")
    assert rows.count() > 0
    assert parse_qs(urlsplit(browser_page.url).query)["from"] == ["now-5m"]
