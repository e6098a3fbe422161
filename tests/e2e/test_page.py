"""The built-in page in a real browser, over live data of a running Operator.

`page_url` is the address of a running page. `browser_page` is a fresh Playwright page.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect
from tests.e2e.browsing import (
    address_range,
    axis_ranges_ms,
    choose_quick_range,
    drag_across,
    drawn,
    open_page,
    panel,
    refreshes,
    show,
)

# The least and the most that a value of the panel can plausibly be.
PLAUSIBLE_VALUES = {
    "P99 E2E processing by packet type": (0, 60),
    "Estimated Active Worker Count": (0, 10_000),
    "Live task agent status": (0, 100_000),
    "Incoming requests per minute": (0, 1_000_000),
    "Connecting Agent Responses": (0, 1_000_000),
    "Live unit status": (0, 100_000),
    "Launched unit counts": (0, 100_000),
}
HOSTILE = "<img src=x onerror=document.title='broken'>"


def answer_with_hostile_label(route: Route) -> None:
    """The store's own answer with one label value exchanged for a hostile one."""
    response = route.fetch()
    answer = response.json()
    for series in answer["data"]["result"]:
        for name in series["metric"]:
            series["metric"][name] = HOSTILE
    route.fulfill(response=response, body=json.dumps(answer))


@pytest.mark.parametrize("title", PLAUSIBLE_VALUES)
@pytest.mark.usefixtures("problems")
def test_panel_draws_plausible_values(page_url: str, browser_page: Page, title: str) -> None:
    open_page(browser_page, page_url)

    series = drawn(browser_page, title)
    values = [value for one in series for _, value in one["points"]]

    low, high = PLAUSIBLE_VALUES[title]
    assert values
    assert all(low <= value <= high for value in values)
    assert any(value > 0 for value in values)
    assert browser_page.evaluate(
        "title => window.__mephistoMetrics.panels[title].option().series.length > 0", title
    )
    assert panel(browser_page, title).locator("canvas").count() == 1


@pytest.mark.usefixtures("problems")
def test_table_has_the_last_value_of_every_series(page_url: str, browser_page: Page) -> None:
    title = "Incoming requests per minute"
    open_page(browser_page, page_url, "?refresh=")

    rows = panel(browser_page, title).locator(".values tbody tr")

    expect(rows.locator("th")).to_have_text([one["legend"] for one in drawn(browser_page, title)])
    assert all(text.endswith("req/m") for text in rows.locator("td").all_text_contents())


@pytest.mark.usefixtures("problems")
def test_values_can_be_shown_as_a_table(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    worker_count = panel(browser_page, "Estimated Active Worker Count")
    table = worker_count.locator(".values")
    expect(table).to_have_class("values visually-hidden")

    worker_count.get_by_role("button", name="Menu of Estimated Active Worker Count").click()
    worker_count.get_by_role("menuitem", name="Show values").click()

    expect(table).to_have_class("values")


@pytest.mark.usefixtures("problems")
def test_drag_zooms_every_panel_and_history_leads_back(page_url: str, browser_page: Page) -> None:
    # All panels at once are on the screen.
    browser_page.set_viewport_size({"width": 1280, "height": 1600})
    open_page(browser_page, page_url, "?from=now-1m&to=now&refresh=")
    ((before_from, before_to),) = axis_ranges_ms(browser_page)

    refreshes(
        browser_page,
        lambda: drag_across(browser_page, "Incoming requests per minute", 0.6, 0.95),
    )
    address = address_range(browser_page)
    for title in PLAUSIBLE_VALUES:
        zoomed = show(browser_page, title)
        expect(zoomed).to_have_attribute("data-range", "/".join(address))
    ((after_from, after_to),) = axis_ranges_ms(browser_page)

    assert (str(int(after_from)), str(int(after_to))) == address
    assert before_from < after_from < after_to <= before_to
    assert after_to - after_from < 0.5 * (before_to - before_from)

    refreshes(browser_page, browser_page.go_back)
    assert address_range(browser_page) == ("now-1m", "now")


@pytest.mark.usefixtures("problems")
def test_zoom_out_doubles_the_range(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?from=now-5m&to=now&refresh=")

    refreshes(browser_page, browser_page.get_by_role("button", name="Zoom out").click)

    low, high = address_range(browser_page)
    assert int(high) - int(low) == 10 * 60 * 1000


@pytest.mark.usefixtures("problems")
def test_time_range_dropdown_sets_range_and_address(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")

    request = refreshes(
        browser_page,
        lambda: choose_quick_range(browser_page, "Last 30 minutes"),
    )

    parameters = parse_qs(urlsplit(request.url).query)
    seconds = float(parameters["end"][0]) - float(parameters["start"][0])
    assert address_range(browser_page) == ("now-30m", "now")
    assert seconds == pytest.approx(30 * 60, abs=60)


@pytest.mark.usefixtures("problems")
def test_auto_refresh_asks_again_by_itself(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    refreshes(
        browser_page,
        lambda: browser_page.get_by_label("Auto-refresh").select_option(label="5 s"),
    )
    assert "refresh=5s" in browser_page.url

    # The first may still be of the refresh that choosing an interval sets off.
    for _ in range(2):
        with browser_page.expect_response(lambda response: "/api/v1/series" in response.url):
            pass


@pytest.mark.usefixtures("problems")
def test_operator_is_chosen_in_the_queries_and_the_address(
    page_url: str, browser_page: Page
) -> None:
    open_page(browser_page, page_url, "?refresh=")
    picker = browser_page.locator('details[data-variable="operator"]')
    picker.locator("summary").click()
    operator = picker.locator('input:not([value="$__all"])').first
    value = operator.get_attribute("value")
    assert value

    request = refreshes(browser_page, operator.click)

    (query,) = parse_qs(urlsplit(request.url).query)["query"]
    assert parse_qs(urlsplit(browser_page.url).query)["var-operator"] == [value]
    assert 'operator=~".*"' not in query


@pytest.mark.usefixtures("problems")
def test_label_value_stays_text(page_url: str, browser_page: Page) -> None:
    browser_page.route("**/api/v1/query_range?*", answer_with_hostile_label)
    title = "Incoming requests per minute"

    open_page(browser_page, page_url, "?refresh=")
    requests_panel = panel(browser_page, title)
    requests_panel.locator(".chart").hover()

    expect(requests_panel.locator(".legend-name").first).to_contain_text(HOSTILE)
    expect(requests_panel.locator(".values tbody th").first).to_contain_text(HOSTILE)
    assert browser_page.locator("img").count() == 0
    assert browser_page.title() != "broken"


def test_query_error_shows_its_text_in_the_panel(page_url: str, browser_page: Page) -> None:
    error = {"status": "error", "errorType": "execution", "error": "too many samples"}
    browser_page.route(
        "**/api/v1/query_range?*",
        lambda route: route.fulfill(status=422, json=error),
    )

    browser_page.goto(page_url)

    worker_count = panel(browser_page, "Estimated Active Worker Count")
    expect(worker_count).to_have_attribute("data-state", "error")
    expect(worker_count.locator(".panel-message")).to_contain_text("too many samples")


@pytest.mark.parametrize(
    ("status", "body"), [(502, "refused"), (503, '{"errorType": "timeout", "error": "too slow"}')]
)
def test_unreachable_store_shows_a_banner_and_recovers(
    page_url: str, browser_page: Page, status: int, body: str
) -> None:
    open_page(browser_page, page_url, "?refresh=")
    browser_page.route("**/api/v1/**", lambda route: route.fulfill(status=status, body=body))
    refresh = browser_page.get_by_role("button", name="Refresh", exact=True)

    refresh.click()
    banner = browser_page.get_by_role("alert")
    expect(banner).to_contain_text("The store cannot be reached")
    assert drawn(browser_page, "Estimated Active Worker Count")

    browser_page.unroute("**/api/v1/**")
    expect(banner).to_have_count(0)


@pytest.mark.usefixtures("problems")
def test_no_request_leaves_the_origin(page_url: str, browser_page: Page) -> None:
    hosts: set[str] = set()
    browser_page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))

    open_page(browser_page, page_url)
    panel(browser_page, "Live unit status").locator(".chart").hover()

    assert hosts == {urlsplit(page_url).netloc}


@pytest.mark.usefixtures("problems")
def test_dark_and_light_differ_and_the_choice_is_remembered(
    page_url: str, browser_page: Page
) -> None:
    browser_page.emulate_media(color_scheme="dark")
    open_page(browser_page, page_url, "?refresh=")
    dark = appearance(browser_page)

    browser_page.get_by_role("button", name="Switch between dark and light").click()
    light = appearance(browser_page)
    open_page(browser_page, page_url, "?refresh=")

    assert all(one != other for one, other in zip(dark, light))
    assert appearance(browser_page) == light


def appearance(page: Page) -> tuple[str, str]:
    """The page's background and the colour of the first line."""
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    line = page.evaluate(
        """window.__mephistoMetrics.panels["Estimated Active Worker Count"]
            .option().series[0].color"""
    )
    return background, line


@pytest.mark.usefixtures("problems")
def test_description_shows_on_keyboard_focus(page_url: str, browser_page: Page) -> None:
    open_page(browser_page, page_url, "?refresh=")
    status = panel(browser_page, "Live unit status")
    description = status.get_by_role("tooltip")
    expect(description).to_be_hidden()

    status.get_by_role("button", name="About Live unit status").focus()

    expect(description).to_be_visible()
    expect(description.locator("strong").first).to_have_text("Healthy:")


@pytest.mark.usefixtures("problems")
def test_page_fits_a_telephone(page_url: str, browser_page: Page) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})

    open_page(browser_page, page_url, "?refresh=")

    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
