"""What fires, on the page: the real store's rules over targets that a test plays."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.e2e.browsing import panel

from mephisto_metrics import CollectorRegistry, Gauge, start_http_server, stop_http_server

TIMEOUT_MS = 30_000
HOSTILE = "<img src=x onerror=document.title='broken'>"
PANEL = "P99 E2E processing by packet type"
FOLDED_PANEL = "Mephisto agent status ping round trip"

RULES = f"""
groups:
  - name: played
    interval: 1s
    rules:
      - alert: OperatorDown
        expr: up{{job="mephisto", operator!="played"}} == 0
        for: 1s
        labels: {{severity: critical}}
        annotations:
          summary: "{{{{ $labels.operator }}}} does not answer"
          description: Look at its log.
          dashboard: mephisto
          panel: {FOLDED_PANEL}
      - alert: Waiting
        expr: up{{job="mephisto", operator!="played"}} == 0
        for: 1h
        annotations: {{summary: not yet, dashboard: mephisto, panel: {PANEL}}}
      - alert: Trouble
        expr: played_trouble > 0
        labels: {{severity: warning}}
        annotations: {{summary: "trouble of {{{{ $value }}}}"}}
      - record: failing
        expr: up * on () up
"""


class Played(NamedTuple):
    """A page over a store, and what a test can make go wrong."""

    page_url: str
    trouble: Gauge
    installation: Any


def announce(targets: Path, name: str, address: str, operator: str) -> None:
    targets.mkdir(parents=True, exist_ok=True)
    labels = {"job": "mephisto", "operator": operator, "task_name": "one"}
    (targets / f"{name}.json").write_text(json.dumps([{"targets": [address], "labels": labels}]))


@pytest.fixture(scope="module")
def played(shared_installation: Any) -> Iterator[Played]:
    registry = CollectorRegistry()
    trouble = Gauge("played_trouble", "Trouble.", registry=registry)
    address = start_http_server(0, registry=registry)
    targets = shared_installation.home / "targets"
    announce(targets, "alive", "{}:{}".format(*address), "played")
    # Nothing listens on the port that is not one.
    announce(targets, "dead", "127.0.0.1:0", HOSTILE)
    rules = shared_installation.home / "test-rules.yml"
    rules.write_text(RULES)
    command = [sys.executable, "-m", "mephisto_metrics.store", "--port", "0"]
    command += ["--scrape-interval-seconds", "1", "--linger-seconds", "600", "--rules", str(rules)]
    shared_installation.start(*command, is_read=False)
    shared_installation.wait_for('ALERTS{alertname="OperatorDown", alertstate="firing"}')
    url = shared_installation.address_of(shared_installation.start_verb("view"))
    yield Played(url, trouble, shared_installation)
    stop_http_server(address)


def open_alerts(page: Page, url: str) -> Locator:
    """Open the page, wait for its alerts, and give the button."""
    page.goto(f"{url.rstrip('/')}/?refresh=1s")
    button = page.locator("details.alerts > summary")
    expect(button).to_be_visible(timeout=TIMEOUT_MS)
    return button


@pytest.mark.usefixtures("problems")
def test_the_button_says_how_many_alerts_fire_and_how_severe(
    played: Played, browser_page: Page
) -> None:
    button = open_alerts(browser_page, played.page_url)
    expect(button).to_have_text("1 alert firing (critical), 1 pending")
    expect(browser_page.locator(".alerts-control")).to_have_attribute("data-urgency", "critical")


@pytest.mark.usefixtures("problems")
def test_the_button_leaves_two_lines_to_all_controls_at_1280_pixels(
    played: Played, browser_page: Page
) -> None:
    open_alerts(browser_page, played.page_url)
    buttons = browser_page.locator(".page-header :is(button, summary, select):visible")
    tops = buttons.evaluate_all(
        "all => all.map((one) => one.closest('.control, .button').getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 2


@pytest.mark.usefixtures("problems")
def test_the_list_has_what_fires_since_when_and_what_to_do(
    played: Played, browser_page: Page
) -> None:
    open_alerts(browser_page, played.page_url).click()
    firing, pending, failing = browser_page.locator("article.alert").all()
    expect(firing).to_contain_text("critical, firing since 20")
    expect(firing).to_contain_text("Look at its log.")
    expect(firing).to_contain_text("task_name=one")
    expect(pending).to_contain_text("pending (warning)")
    expect(failing).to_contain_text("can not be evaluated")
    expect(failing).to_contain_text("many-to-many")


@pytest.mark.usefixtures("problems")
def test_a_hostile_label_is_text(played: Played, browser_page: Page) -> None:
    title = open_alerts(browser_page, played.page_url).click() or browser_page.title()
    firing = browser_page.locator("article.alert").first
    expect(firing).to_contain_text(f"{HOSTILE} does not answer")
    expect(firing).to_contain_text(f"operator={HOSTILE}")
    expect(browser_page.locator(".alerts-control img")).to_have_count(0)
    assert browser_page.title() == title


@pytest.mark.usefixtures("problems")
def test_an_alert_leads_to_its_panel_in_a_row_that_was_folded(
    played: Played, browser_page: Page
) -> None:
    button = open_alerts(browser_page, played.page_url)
    expect(panel(browser_page, FOLDED_PANEL)).to_be_hidden()
    button.click()
    browser_page.get_by_role("link", name=FOLDED_PANEL).click()
    expect(panel(browser_page, FOLDED_PANEL)).to_be_in_viewport()
    expect(panel(browser_page, FOLDED_PANEL)).to_be_focused()
    expect(browser_page.locator("article.alert").first).to_be_hidden()


@pytest.mark.usefixtures("problems")
def test_the_link_of_an_alert_can_be_opened_elsewhere(played: Played, browser_page: Page) -> None:
    open_alerts(browser_page, played.page_url).click()
    link = browser_page.get_by_role("link", name=FOLDED_PANEL)
    address = link.evaluate("link => link.href")
    browser_page.goto("about:blank")
    browser_page.goto(address)
    expect(panel(browser_page, FOLDED_PANEL)).to_be_in_viewport(timeout=TIMEOUT_MS)
    assert "var-operator=%3Cimg" in browser_page.url


@pytest.mark.usefixtures("problems")
def test_the_list_opens_and_closes_by_the_keyboard(played: Played, browser_page: Page) -> None:
    button = open_alerts(browser_page, played.page_url)
    button.focus()
    browser_page.keyboard.press("Enter")
    firing = browser_page.locator("article.alert").first
    expect(firing).to_be_visible()
    browser_page.keyboard.press("Tab")
    expect(browser_page.get_by_role("link", name=FOLDED_PANEL)).to_be_focused()
    browser_page.keyboard.press("Escape")
    expect(firing).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.usefixtures("problems")
def test_an_alert_that_begins_is_announced_and_goes_when_it_ends(
    played: Played, browser_page: Page
) -> None:
    button = open_alerts(browser_page, played.page_url)
    announcement = browser_page.locator(".alerts-control [role=status]")
    expect(announcement).to_be_empty()
    played.trouble.set(3)
    try:
        expect(announcement).to_have_text("Alert, warning: trouble of 3.", timeout=TIMEOUT_MS)
        expect(button).to_have_text("2 alerts firing (critical), 1 pending")
    finally:
        played.trouble.set(0)
    text = "1 alert firing (critical), 1 pending"
    expect(button).to_have_text(text, timeout=TIMEOUT_MS)


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, "404 page not found"), (200, '{"status": "success", "data": {"groups": []}}')],
)
def test_a_store_without_rules_has_no_button(
    played: Played, browser_page: Page, status: int, body: str
) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=status, body=body)

    browser_page.route("**/api/v1/rules", answer)
    browser_page.goto(f"{played.page_url.rstrip('/')}/?refresh=1s")
    expect(browser_page.locator("h1")).to_be_visible(timeout=TIMEOUT_MS)
    browser_page.wait_for_event("response", lambda _: len(asked) > 1, timeout=TIMEOUT_MS)
    expect(browser_page.locator(".alerts-control")).to_be_hidden()
    expect(browser_page.locator(".notice.error")).to_have_count(0)


def test_alerts_stay_while_the_store_is_away(played: Played, browser_page: Page) -> None:
    button = open_alerts(browser_page, played.page_url)
    browser_page.route("**/api/v1/**", lambda route: route.fulfill(status=502, body="gone"))
    expect(browser_page.locator(".notice.error")).to_be_visible(timeout=TIMEOUT_MS)
    expect(button).to_have_text("1 alert firing (critical), 1 pending")


def test_the_page_hands_on_only_the_reading_of_rules(played: Played) -> None:

    for path in ("rules", "alerts"):
        url = f"{played.page_url.rstrip('/')}/api/v1/{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert json.load(answer)["status"] == "success"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, data=b"", method="POST"), timeout=10)
        assert refused.value.code == 405
