"""Panels of every type, from a board of the test's own, over live data of a running Operator."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.browsing import drawn, panel, show

from mephisto_metrics.stack.readiness import wait_until

TIMEOUT_SECONDS = 60
UID = "panel-types"
STATUS_QUERY = "sum by (status) (active_agent_statuses)"
BUCKETS = "e2e_packet_latency_bucket"

Panel = dict[str, Any]


def target(expr: str, **others: Any) -> Panel:
    return {"refId": "A", "expr": expr, **others}


def board_of(*panels: Panel) -> Panel:
    """A board with the panels one below the other."""
    placed = [
        {"id": number, "gridPos": {"x": 0, "y": 9 * number, "w": 24, "h": 9}, **one}
        for number, one in enumerate(panels)
    ]
    return {
        "uid": UID,
        "title": "Panel types",
        "schemaVersion": 42,
        "time": {"from": "now-5m", "to": "now"},
        "refresh": "",
        "panels": placed,
    }


HEATMAP: Panel = {
    "type": "heatmap",
    "title": "Latency",
    "targets": [
        target(
            f"sum by (le) (increase({BUCKETS}[$__rate_interval]))",
            format="heatmap",
            legendFormat="{{le}}",
        ),
    ],
    "options": {
        "calculate": False,
        "color": {"mode": "scheme", "scheme": "Viridis", "steps": 64},
        "filterValues": {"le": 1e-9},
        "yAxis": {"unit": "s"},
    },
}
STAT: Panel = {
    "type": "stat",
    "title": "Statuses",
    "targets": [target("sum(active_agent_statuses)", legendFormat="agents")],
    "options": {
        "reduceOptions": {"calcs": ["lastNotNull"]},
        "colorMode": "background",
        "graphMode": "area",
        "textMode": "value_and_name",
    },
    "fieldConfig": {
        "defaults": {
            "unit": "none",
            "thresholds": {"mode": "absolute", "steps": [{"value": None, "color": "blue"}]},
        }
    },
}
TABLE: Panel = {
    "type": "table",
    "title": "By status",
    "targets": [
        target(STATUS_QUERY, format="table", instant=True),
        {**target(f"2 * {STATUS_QUERY}", format="table", instant=True), "refId": "B"},
    ],
    "transformations": [
        {"id": "merge"},
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "renameByName": {"status": "Status", "Value #A": "Agents", "Value #B": "Twice"},
            },
        },
    ],
    "options": {"footer": {"show": True, "reducer": ["sum"], "fields": ""}},
    "fieldConfig": {
        "defaults": {"unit": "none"},
        "overrides": [
            {
                "matcher": {"id": "byName", "options": "Status"},
                "properties": [
                    {"id": "links", "value": [{"url": "/d/panel-types?var-x=${__value.text}"}]}
                ],
            },
            {
                "matcher": {"id": "byName", "options": "Twice"},
                "properties": [
                    {"id": "min", "value": 0},
                    {"id": "custom.cellOptions", "value": {"type": "gauge"}},
                ],
            },
        ],
    },
}
GRAPH: Panel = {
    "type": "timeseries",
    "title": "Agents",
    "targets": [target(STATUS_QUERY, legendFormat="{{status}}")],
    "options": {
        "legend": {"displayMode": "table", "placement": "right", "calcs": ["max", "mean"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "fieldConfig": {"defaults": {"unit": "none", "min": 0}},
}
LOGARITHMIC: Panel = {
    "type": "timeseries",
    "title": "Logarithmic",
    "targets": [
        target(f"sum(rate({BUCKETS}[$__rate_interval]))", legendFormat="packets"),
        {**target("sum(active_agent_statuses) / 10 ", legendFormat="share"), "refId": "B"},
    ],
    "fieldConfig": {
        "defaults": {"unit": "ops", "custom": {"scaleDistribution": {"type": "log", "log": 10}}},
        "overrides": [
            {
                "matcher": {"id": "byName", "options": "share"},
                "properties": [
                    {"id": "unit", "value": "percentunit"},
                    {"id": "custom.scaleDistribution", "value": {"type": "linear"}},
                    {"id": "custom.axisLabel", "value": "Share"},
                ],
            }
        ],
    },
}


def open_board(page: Page, page_url: str, *panels: Panel) -> None:
    """Open the page on a board of these panels, in place of those of the package."""
    entry = {"uid": UID, "title": "Panel types", "file": "panel-types.json"}
    page.route("**/dashboards", lambda route: route.fulfill(json=[entry]))
    board = board_of(*panels)
    page.route("**/dashboards/panel-types.json", lambda route: route.fulfill(json=board))
    page.goto(f"{page_url.rstrip('/')}/?dashboard={UID}")
    for one in panels:
        show(page, one["title"])


def option(page: Page, title: str) -> Any:
    return page.evaluate(
        "title => JSON.parse(JSON.stringify(window.__mephistoMetrics.panels[title].option()))",
        title,
    )


def series_names(page: Page, title: str) -> set[str]:
    return {one["name"] for one in option(page, title)["series"]}


def columns(found: Locator) -> list[list[str]]:
    """The texts of a table's body, column by column."""
    rows = [row.locator("td").all_inner_texts() for row in found.locator("tbody tr").all()]
    return [list(column) for column in zip(*rows)]


@pytest.mark.usefixtures("problems")
def test_heatmap_has_a_row_for_each_bucket_and_tells_its_counts(
    page_url: str, browser_page: Page
) -> None:
    open_board(browser_page, page_url, HEATMAP)
    latency = panel(browser_page, "Latency")

    bounds = [one["legend"] for one in drawn(browser_page, "Latency")]
    assert "+Inf" in bounds
    assert option(browser_page, "Latency")["yAxis"]["max"] == len(bounds)
    assert latency.locator("canvas").count() == 1
    expect(latency.locator(".color-scale")).to_be_visible()

    expect(latency.locator(".values tbody th").last).to_have_text(re.compile("^> "))
    # There may be data of the last seconds alone: a column of few pixels, near the right edge.
    pixels_from_the_right = itertools.cycle(range(10, 300, 2))

    def is_told() -> bool:
        box = latency.locator(".chart").bounding_box()
        assert box is not None
        across = box["width"] - next(pixels_from_the_right)
        browser_page.mouse.move(box["x"] + across, box["y"] + 0.6 * box["height"])
        names = browser_page.locator(".tooltip-name").all_inner_texts()
        return len(names) == 1 and " \u2013 " in names[0]

    assert wait_until(is_told, TIMEOUT_SECONDS)


@pytest.mark.usefixtures("problems")
def test_stat_shows_the_value_as_text_on_its_colour(page_url: str, browser_page: Page) -> None:
    open_board(browser_page, page_url, STAT)
    statuses = panel(browser_page, "Statuses")

    last = drawn(browser_page, "Statuses")[0]["points"][-1][1]
    expect(statuses.locator(".stat-value")).to_have_text(str(int(last)))
    expect(statuses.locator(".stat-name")).to_have_text("agents")
    assert statuses.locator("canvas").count() == 0
    assert statuses.locator(".sparkline polyline").count() >= 1
    color = statuses.locator(".stat").evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert color not in ("rgba(0, 0, 0, 0)", "transparent")


@pytest.mark.usefixtures("problems")
def test_table_merges_its_queries_and_sorts_by_click(page_url: str, browser_page: Page) -> None:
    open_board(browser_page, page_url, TABLE)
    by_status = panel(browser_page, "By status").get_by_role("table").first

    headings = by_status.locator("thead th")
    expect(headings).to_have_text(["Status", "Agents", "Twice"])
    _, agents, twice = columns(by_status)
    assert [2 * int(one) for one in agents] == [int(one) for one in twice]
    assert by_status.locator("tfoot td").nth(1).inner_text() == str(sum(map(int, agents)))

    by_status.get_by_role("button", name="Agents").click()
    expect(headings.nth(1)).to_have_attribute("aria-sort", "descending")
    assert columns(by_status)[1] == sorted(agents, key=int, reverse=True)

    browser_page.keyboard.press("Enter")
    expect(headings.nth(1)).to_have_attribute("aria-sort", "ascending")
    assert columns(by_status)[1] == sorted(agents, key=int)


@pytest.mark.usefixtures("problems")
def test_table_links_to_another_board_of_the_page(page_url: str, browser_page: Page) -> None:
    open_board(browser_page, page_url, TABLE)
    link = panel(browser_page, "By status").locator("tbody a").first
    status = link.inner_text()

    link.click()

    browser_page.wait_for_url(f"**/?dashboard={UID}&var-x={status}*")
    show(browser_page, "By status")


@pytest.mark.usefixtures("problems")
def test_legend_isolates_a_series_and_keeps_it_over_refreshes(
    page_url: str, browser_page: Page
) -> None:
    open_board(browser_page, page_url, GRAPH)
    legend = panel(browser_page, "Agents").locator(".legend-table")
    names = legend.locator(".legend-name").all_text_contents()
    assert len(names) >= 2

    button = legend.locator(".legend-item", has_text=names[1]).first
    button.focus()
    browser_page.keyboard.press("Enter")
    assert series_names(browser_page, "Agents") == {names[1]}

    with browser_page.expect_response("**/api/v1/query_range?*"):
        browser_page.get_by_role("button", name="Refresh", exact=True).click()
    expect(legend.locator('.legend-item[aria-pressed="true"]')).to_have_count(1)
    assert series_names(browser_page, "Agents") == {names[1]}

    legend.locator(".legend-item").first.click(modifiers=["Shift"])
    assert series_names(browser_page, "Agents") == set(names[:2])


@pytest.mark.usefixtures("problems")
def test_legend_table_sorts_by_a_calculation(page_url: str, browser_page: Page) -> None:
    open_board(browser_page, page_url, GRAPH)
    legend = panel(browser_page, "Agents").locator(".legend-table")

    legend.get_by_role("button", name="Max").click()

    expect(legend.locator("thead th").nth(1)).to_have_attribute("aria-sort", "descending")
    shown = [float(one) for one in columns(legend)[0]]
    assert shown == sorted(shown, reverse=True)


@pytest.mark.usefixtures("problems")
def test_units_have_axes_of_their_own_and_one_may_be_logarithmic(
    page_url: str, browser_page: Page
) -> None:
    open_board(browser_page, page_url, LOGARITHMIC)

    left, right = option(browser_page, "Logarithmic")["yAxis"]

    assert (left["type"], left["position"]) == ("log", "left")
    assert left["min"] > 0
    assert (right["type"], right["position"], right["name"]) == ("value", "right", "Share")


def test_unknown_transformation_says_so_in_the_panel(page_url: str, browser_page: Page) -> None:
    odd = {**TABLE, "transformations": [{"id": "spatial"}]}
    entry = {"uid": UID, "title": "Panel types", "file": "panel-types.json"}
    browser_page.route("**/dashboards", lambda route: route.fulfill(json=[entry]))
    browser_page.route(
        "**/dashboards/panel-types.json", lambda route: route.fulfill(json=board_of(odd))
    )

    browser_page.goto(page_url)

    by_status = panel(browser_page, "By status")
    expect(by_status).to_have_attribute("data-state", "error")
    expect(by_status.locator(".panel-message")).to_contain_text("“spatial”")
