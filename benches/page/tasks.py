"""How long Chromium's main thread itself works on a task, however busy the machine is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page

MAIN_THREAD = "CrRendererMain"
TASK = "RunTask"


def longest_task_ms(browser: Browser, page: Page, work: Callable[[], None]) -> float:
    """Return the processor time of the longest task of the main thread while `work` goes on."""
    browser.start_tracing(page=page, categories=["toplevel"])
    work()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    return max(_task_times_ms(events), default=0.0)


def _task_times_ms(events: list[dict[str, Any]]) -> list[float]:
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == MAIN_THREAD
    }
    return [
        event.get("tdur", 0) / 1000
        for event in events
        if event["name"].endswith(TASK) and (event["pid"], event["tid"]) in threads
    ]
