"""Snapshots, by the button and by the command, opened from the disk with the network off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from tests.e2e.browsing import drawn, open_page, panel, show

TITLE = "Incoming requests per minute"
STILL = "?from=now-2m&to=now&refresh="
HOSTILE = "</script><img src=x onerror=document.title='broken'>"


@pytest.fixture
def offline(browser: Any) -> Iterator[Page]:
    """A page without a network, which may neither ask for anything nor complain."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda one: found.append(one.text) if one.type == "error" else None)
    page.on(
        "request",
        lambda one: None if one.url.startswith(("file:", "data:")) else found.append(one.url),
    )
    yield page
    context.close()
    assert found == []


def saved(page: Page, folder: Path) -> Path:
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Save as a file").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def open_file(page: Page, path: Path) -> None:
    page.goto(path.as_uri())
    show(page, TITLE)


@pytest.mark.usefixtures("problems")
def test_button_saves_what_is_shown(
    page_url: str, browser_page: Page, offline: Page, tmp_path: Path
) -> None:
    open_page(browser_page, page_url, STILL)
    path = saved(browser_page, tmp_path)
    show(browser_page, TITLE)
    shown = drawn(browser_page, TITLE)

    open_file(offline, path)

    assert path.name.endswith(".html")
    assert drawn(offline, TITLE) == shown
    expect(offline.locator(".snapshot-notice")).to_contain_text("Snapshot of 20")
    expect(offline.get_by_role("button", name="Refresh")).to_have_count(0)


@pytest.mark.usefixtures("problems")
def test_folded_rows_have_their_data_too(
    page_url: str, browser_page: Page, offline: Page, tmp_path: Path
) -> None:
    open_page(browser_page, page_url, STILL)
    path = saved(browser_page, tmp_path)

    open_file(offline, path)

    text = offline.locator("#snapshot").text_content()
    answers = json.loads(text or "")["answers"]
    board = answers["dashboards/mephisto.json"]["body"]
    rows = [row for row in board["panels"] if row.get("collapsed")]
    inside = [one for row in rows for one in row["panels"] if one["type"] == "timeseries"]
    assert inside
    assert all(f"panel {one['id']} A" in answers for one in inside)


@pytest.mark.usefixtures("problems")
def test_a_hostile_label_is_text_in_the_file(
    page_url: str, browser_page: Page, offline: Page, tmp_path: Path
) -> None:
    def hostile(route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        for series in answer["data"]["result"]:
            series["metric"] = dict.fromkeys(series["metric"], HOSTILE)
        route.fulfill(response=response, body=json.dumps(answer))

    browser_page.route("**/api/v1/query_range?*", hostile)
    open_page(browser_page, page_url, STILL)
    path = saved(browser_page, tmp_path)

    open_file(offline, path)

    expect(panel(offline, TITLE).locator(".legend-name").first).to_contain_text(HOSTILE)
    assert offline.locator("img").count() == 0
    assert offline.title() != "broken"


def test_report_writes_a_file_that_shows_the_board(
    live_installation: Any, offline: Page, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"

    result = live_installation.run("report", "--from", "now-2m", "--output", str(path))

    assert (result.returncode, result.stdout.strip()) == (0, str(path)), result.stderr
    assert "MB" in result.stderr
    open_file(offline, path)
    values = [value for one in drawn(offline, TITLE) for _, value in one["points"]]
    assert any(value > 0 for value in values)


def test_report_overwrites_only_by_force(live_installation: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("mine")
    arguments = ["report", "--from", "now-1m", "--output", str(path)]

    refused = live_installation.run(*arguments)

    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert path.read_text() == "mine"
    assert live_installation.run(*arguments, "--force").returncode == 0
    assert path.read_text().startswith("<!doctype html>")


def test_report_goes_to_stdout(live_installation: Any) -> None:
    result = live_installation.run("report", "--from", "now-1m", "--output", "-")
    assert result.stdout.startswith("<!doctype html>")


def test_report_without_anything_recorded_says_what_to_do(installation: Any) -> None:
    result = installation.run("report")
    assert result.returncode == 1
    assert "no store runs" in result.stderr
    assert "hint: run a Mephisto task" in result.stderr


def test_report_names_what_can_be_chosen(installation: Any) -> None:
    result = installation.run("report", "--var", "worker=1")
    assert result.returncode == 2
    assert "`operator=VALUE`" in result.stderr
