"""The page in Debian's Chromium: how long until all is drawn, long tasks, memory."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, Request, ViewportSize, sync_playwright

from benches.page.tasks import longest_task_ms

OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTH_PIXELS = 1280
HEIGHT_PIXELS = 900
DRAWN_TIMEOUT_MS = 300_000
IDLE_LOOK_SECONDS = 0.5
IDLE_SHARE = 0.05
IDLE_TIMEOUT_SECONDS = 30.0
TRACED_REFRESHES = 20
QUERY_PATHS = ("/api/v1/query_range", "/api/v1/query?")

OBSERVER = """
window.__longTasks = [];
new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.__longTasks.push(task.duration);
}).observe({ type: "longtask", buffered: true });
"""

# Looks at each frame, so the time is that of the first frame with all panels on the screen settled.
WATCH = """
window.__settled = new Promise((resolve) => {
    const look = () => {
        const isOnScreen = (panel) => {
            const { top, bottom } = panel.getBoundingClientRect();
            return bottom > 0 && top < innerHeight;
        };
        const panels = [...document.querySelectorAll("section.panel")].filter(isOnScreen);
        const isSettled = (panel) => panel.dataset.state !== "loading";
        if (panels.length > 0 && panels.every(isSettled)) {
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
        } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
});
"""

# A panel says which range it shows whenever it is drawn, also where that is the same as before.
WATCH_REFRESH = """() => {
    window.__refreshed = new Promise((resolve, reject) => {
        const left = new Set(document.querySelectorAll("section.panel"));
        new MutationObserver((records, observer) => {
            for (const { target } of records) left.delete(target);
            if (left.size > 0) return;
            observer.disconnect();
            requestAnimationFrame(() => requestIdleCallback(() => setTimeout(resolve)));
        }).observe(document.body, { subtree: true, attributeFilter: ["data-range"] });
        setTimeout(() => reject(new Error("a panel is not drawn within five minutes")), 300000);
    });
}"""

STATES = """() => {
    const count = {};
    for (const { dataset } of document.querySelectorAll("section.panel"))
        count[dataset.state] = (count[dataset.state] ?? 0) + 1;
    return count;
}"""

FETCHED = """() => [...performance.getEntriesByType("resource"),
    ...performance.getEntriesByType("navigation")]
    .filter(({ name }) => !name.includes("/api/"))
    .map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])"""


@dataclass(frozen=True)
class Load:
    """One navigation to the page."""

    drawn_ms: float
    """From the navigation's start to the frame after the last panel."""
    long_tasks_ms: list[float]
    own_time_ms: float
    """Processor time of the main thread."""
    states: dict[str, int]
    """How many panels are in each state."""
    queries: list[str]
    """The paths of all queries, as they were sent."""
    files: dict[str, int]
    """What the page itself consists of: compressed bytes by path."""


@dataclass(frozen=True)
class Memory:
    """What is left after a garbage collection."""

    refreshes: int
    heap_bytes: int
    nodes: int
    listeners: int


@dataclass
class Refreshes:
    """What many refreshes did."""

    longest_tasks_ms: list[float] = field(default_factory=list)
    """Of each refresh its longest task over 50 ms; 0 without one."""
    own_times_ms: list[float] = field(default_factory=list)
    """Of some refreshes before those: the processor time of the longest task."""
    memory: list[Memory] = field(default_factory=list)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Start Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        sys.exit("no chromium to measure in: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@contextlib.contextmanager
def fresh_page(browser: Browser, height_pixels: int) -> Iterator[Page]:
    """Open a page in a context without anything cached."""
    viewport = ViewportSize(width=WIDTH_PIXELS, height=height_pixels)
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    page.add_init_script(OBSERVER)
    page.add_init_script(WATCH)
    _wait_until_idle(browser)
    yield page
    context.close()


def _wait_until_idle(browser: Browser) -> None:
    """Wait until a window that was just opened has loaded the browser's own controls."""
    session = browser.new_browser_cdp_session()
    deadline = time.monotonic() + IDLE_TIMEOUT_SECONDS
    spent = _processor_seconds(session)
    while time.monotonic() < deadline:
        time.sleep(IDLE_LOOK_SECONDS)
        before, spent = spent, _processor_seconds(session)
        if spent - before < IDLE_SHARE * IDLE_LOOK_SECONDS:
            break
    session.detach()


def _processor_seconds(session: CDPSession) -> float:
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return sum(float(process["cpuTime"]) for process in processes)


def height_of(browser: Any, address: str) -> int:
    """Return how high a window must be for the whole board to be on the screen."""
    with fresh_page(browser, HEIGHT_PIXELS) as page:
        page.goto(address)
        page.locator("section.panel").first.wait_for(timeout=DRAWN_TIMEOUT_MS)
        return int(page.evaluate("document.documentElement.scrollHeight"))


def load(page: Page, address: str) -> Load:
    """Navigate and wait until every panel on the screen is drawn, or says why it is not."""
    queries: list[str] = []

    def note(request: Request) -> None:
        if any(path in request.url for path in QUERY_PATHS):
            queries.append(request.url.partition("/api/v1/")[2])

    page.on("request", note)
    page.set_default_timeout(DRAWN_TIMEOUT_MS)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(address, wait_until="commit")
    drawn_ms = page.evaluate("window.__settled")
    own_time_ms = _own_time_ms(session)
    return Load(
        drawn_ms=drawn_ms,
        long_tasks_ms=page.evaluate("window.__longTasks"),
        own_time_ms=own_time_ms,
        states=page.evaluate(STATES),
        queries=queries,
        files=dict(page.evaluate(FETCHED)),
    )


def _own_time_ms(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * float(next(one["value"] for one in metrics if one["name"] == "ThreadTime"))


def refresh_many(browser: Any, page: Page, refreshes: int, every: int) -> Refreshes:
    """Refresh again and again, and look at the memory in between."""
    session = page.context.new_cdp_session(page)
    result = Refreshes(memory=[_memory(session, 0)])
    traced = min(refreshes, TRACED_REFRESHES)
    result.own_times_ms = [
        longest_task_ms(browser, page, lambda: _refresh(page)) for _ in range(traced)
    ]
    for number in range(1, refreshes + 1):
        page.evaluate("window.__longTasks.length = 0")
        _refresh(page)
        result.longest_tasks_ms.append(max(page.evaluate("window.__longTasks"), default=0.0))
        if number % every == 0:
            result.memory.append(_memory(session, number))
    return result


def _refresh(page: Page) -> None:
    """Refresh and wait until every panel is drawn, and what the page left for idle time is done."""
    page.evaluate(WATCH_REFRESH)
    # By key: to look for the button by its role takes the main thread longer than most panels.
    page.keyboard.press("r")
    page.evaluate("window.__refreshed")


def _memory(session: CDPSession, refreshes: int) -> Memory:
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    counters = session.send("Memory.getDOMCounters")
    return Memory(
        refreshes=refreshes,
        heap_bytes=int(session.send("Runtime.getHeapUsage")["usedSize"]),
        nodes=counters["nodes"],
        listeners=counters["jsEventListeners"],
    )
