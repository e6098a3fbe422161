"""Annotations on the built-in page, over what the store knows of a real run."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.browsing import change_dashboard, open_page, panel

GRAPH = "Incoming requests per minute"
TIMELINE = "Live unit status"
# The Operator is up: one region from its first scrape on.
OPERATORS = {
    "name": "Operators",
    "enable": True,
    "iconColor": "purple",
    # Neither a scrape that a busy machine missed ends it, nor another task launched.
    "expr": 'max by (operator, instance, pid) (max_over_time(up{job="mephisto"}[30s]))',
    "step": "5s",
    "titleFormat": "up {{operator}}",
    "textFormat": "at {{instance}}",
    "tagKeys": "pid",
}
GRAFANAS_OWN = {"name": "Annotations & Alerts", "builtIn": 1, "enable": True, "hide": True}


@pytest.fixture(autouse=True)
def run_of_some_length(live_installation: Any) -> None:
    """Wait until a stretch of the run has more than one step."""
    live_installation.wait_for("max(time() - operator_start_time_seconds) > 20")


def open_with(page: Page, page_url: str, *annotations: dict[str, Any], query: str = "") -> None:
    change_dashboard(page, {"annotations": {"list": [GRAFANAS_OWN, *annotations]}})
    open_page(page, page_url, query or "?from=now-2m&to=now&refresh=")


def open_switches(page: Page) -> Locator:
    switches = page.locator('details[data-picker="annotations"]')
    switches.locator("summary").click()
    return switches


def marks(page: Page, title: str) -> Locator:
    return panel(page, title).locator(".annotation")


@pytest.mark.usefixtures("problems")
def test_stretch_of_samples_is_a_region_on_every_graph(page_url: str, browser_page: Page) -> None:
    open_with(browser_page, page_url, OPERATORS)

    for title in (GRAPH, TIMELINE):
        expect(marks(browser_page, title)).to_have_count(1)
        expect(marks(browser_page, title)).to_have_class("annotation region")


@pytest.mark.usefixtures("problems")
def test_region_tells_what_it_is_where_the_pointer_is_on_it(
    page_url: str, browser_page: Page
) -> None:
    open_with(browser_page, page_url, OPERATORS)
    region = marks(browser_page, GRAPH)
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    assert box is not None

    browser_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)

    mark = browser_page.locator(".page-tooltip .tooltip-mark")
    expect(mark).to_contain_text("Operators: up ")
    expect(mark).to_contain_text("at 127.0.0.1:")


@pytest.mark.usefixtures("problems")
def test_value_for_time_is_an_instant(page_url: str, browser_page: Page) -> None:
    # The beginnings of the quarters of a minute that the Operator was scraped in.
    expr = 'max(floor(timestamp(up{job="mephisto"}) / 15) * 15000)'
    instants = {**OPERATORS, "name": "Instants", "expr": expr, "useValueForTime": "on"}

    open_with(browser_page, page_url, instants)

    shown = marks(browser_page, GRAPH)
    expect(shown.first).to_have_class("annotation")
    assert 2 <= shown.count() <= 9


@pytest.mark.usefixtures("problems")
def test_list_reads_the_annotations_out(page_url: str, browser_page: Page) -> None:
    open_with(browser_page, page_url, OPERATORS)
    annotations = browser_page.locator(".annotation-list")
    expect(annotations.locator("summary")).to_have_text("1 annotation")

    annotations.locator("summary").press("Enter")

    expect(annotations.get_by_role("listitem")).to_contain_text("Operators: up ")


@pytest.mark.usefixtures("problems")
def test_switch_takes_an_annotation_off_and_the_address_keeps_it(
    page_url: str, browser_page: Page
) -> None:
    open_with(browser_page, page_url, OPERATORS)
    switch = open_switches(browser_page).get_by_role("checkbox", name="Operators")
    expect(marks(browser_page, GRAPH)).to_have_count(1)

    switch.uncheck()

    expect(marks(browser_page, GRAPH)).to_have_count(0)
    assert parse_qs(urlsplit(browser_page.url).query)["annotation-Operators"] == ["off"]
    expect(switch).to_be_visible()
    browser_page.goto(browser_page.url)
    open_switches(browser_page)
    expect(switch).not_to_be_checked()


@pytest.mark.usefixtures("problems")
def test_annotation_that_is_off_at_first_can_be_switched_on(
    page_url: str, browser_page: Page
) -> None:
    open_with(browser_page, page_url, {**OPERATORS, "enable": False})
    expect(marks(browser_page, GRAPH)).to_have_count(0)

    open_switches(browser_page).get_by_role("checkbox", name="Operators").check()

    expect(marks(browser_page, GRAPH)).to_have_count(1)


def test_query_that_fails_costs_no_panel(page_url: str, browser_page: Page) -> None:
    broken = {**OPERATORS, "name": "Broken", "expr": "sum("}

    open_with(browser_page, page_url, broken, OPERATORS)

    annotations = browser_page.locator(".annotation-list")
    expect(annotations.locator("summary")).to_have_text("1 annotation, 1 could not be read")
    expect(annotations.locator(".problem")).to_contain_text("Broken could not be read: ")
    expect(marks(browser_page, GRAPH)).to_have_count(1)


@pytest.mark.usefixtures("problems")
def test_words_of_an_annotation_stay_text(page_url: str, browser_page: Page) -> None:
    hostile = "<img src=x onerror=document.title='broken'>"

    open_with(browser_page, page_url, {**OPERATORS, "textFormat": hostile})

    expect(browser_page.locator(".annotation-list li")).to_contain_text(hostile)
    assert browser_page.locator("img").count() == 0
    assert browser_page.title() != "broken"


@pytest.mark.usefixtures("problems")
def test_variables_choose_among_annotations(page_url: str, browser_page: Page) -> None:
    expr = OPERATORS["expr"].replace('job="mephisto"', 'job="mephisto", operator=~"$operator"')
    of_one = {**OPERATORS, "expr": expr}
    open_with(browser_page, page_url, of_one)
    expect(marks(browser_page, GRAPH)).to_have_count(1)

    browser_page.goto(browser_page.url.split("?")[0] + "?var-operator=nobody&refresh=")

    expect(browser_page.locator(".annotation-list summary")).to_have_text("0 annotations")
