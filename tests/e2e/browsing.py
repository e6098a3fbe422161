"""The built-in page as a test sees it: panels by title, and what is drawn in them.

What the panels show is read through `window.__mephistoMetrics` (web/README.md).
"""

from __future__ import annotations

import itertools
import json
from typing import Any, Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, Request, Route, expect

from mephisto_metrics.stack.readiness import wait_until

GENERAL_HEALTH = (
    "P99 E2E processing by packet type",
    "Estimated Active Worker Count",
    "Live task agent status",
    "Incoming requests per minute",
    "Connecting Agent Responses",
    "Live unit status",
    "Launched unit counts",
)

TIMEOUT_SECONDS = 60
# A pointer shows its values with the next frame.
NEXT_FRAME = "() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))"

RangeMs = tuple[float, float]


def open_page(page: Page, page_url: str, query: str = "") -> None:
    """Open the page and wait until every panel of its first row is drawn."""
    page.goto(page_url.rstrip("/") + "/" + query)
    for title in GENERAL_HEALTH:
        show(page, title)


def show(page: Page, title: str) -> Locator:
    """Bring a panel onto the screen and wait until it is drawn."""
    found = panel(page, title)
    found.scroll_into_view_if_needed(timeout=30_000)
    expect(found).to_have_attribute("data-state", "ready", timeout=30_000)
    return found


def panel(page: Page, title: str) -> Locator:
    return page.locator(f'section.panel[data-panel-title="{title}"]')


def drawn(page: Page, title: str) -> list[dict[str, Any]]:
    series: list[dict[str, Any]] = page.evaluate(
        "title => window.__mephistoMetrics.panels[title].data()", title
    )
    return series


def axis_ranges_ms(page: Page) -> set[RangeMs]:
    """The ends of each x axis of the first row; one element when all show the same range."""
    ends = page.evaluate(
        """titles => titles.map((title) => {
            const { min, max } = window.__mephistoMetrics.panels[title].option().xAxis;
            return [min, max];
        })""",
        [title for title in GENERAL_HEALTH if title != "Launched unit counts"],
    )
    return {(low, high) for low, high in ends}


def address_range(page: Page) -> tuple[str, str]:
    parameters = parse_qs(urlsplit(page.url).query)
    return parameters["from"][0], parameters["to"][0]


def refreshes(page: Page, action: Callable[[], object]) -> Request:
    """Does `action` and waits for the first query that it leads to."""
    with page.expect_request(lambda request: "/api/v1/query_range" in request.url) as request:
        action()
    return request.value


def drag_across(page: Page, title: str, start: float, end: float) -> None:
    """Drags over the chart from one share of its width to another."""
    chart = panel(page, title).locator(".chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], middle)
    page.mouse.move(box["x"] + end * box["width"], middle)
    page.mouse.up()


def change_dashboard(page: Page, change: dict[str, Any]) -> None:
    """Give the page its own dashboard with some of its top-level parts exchanged."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=json.dumps({**response.json(), **change}))

    page.route("**/dashboards/mephisto.json", answer)


def choose_quick_range(page: Page, name: str) -> None:
    page.locator('details[data-picker="time"] summary').click()
    page.get_by_role("button", name=name, exact=True).click()


def point_at(page: Page, title: str, share: float) -> None:
    """Move the mouse over a chart, at a share of its width."""
    chart = panel(page, title).locator(".chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def point_at_data(page: Page, title: str, others: tuple[str, ...] = ()) -> None:
    """Move the mouse over a chart to where its tooltip, and those of the others, tell of values.

    There may be none at a given time: a run may have begun later, a busy machine misses scrapes.
    """
    shares_percent = itertools.cycle(range(95, 45, -3))
    tooltips = [page.locator(".page-tooltip > .tooltip-time")]
    tooltips += [panel(page, other).locator(".shared-tooltip > .tooltip-row") for other in others]

    def is_told() -> bool:
        point_at(page, title, next(shares_percent) / 100)
        page.evaluate(NEXT_FRAME)
        return all(tooltip.first.is_visible() for tooltip in tooltips)

    assert wait_until(is_told, TIMEOUT_SECONDS)
