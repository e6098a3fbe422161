/** What to do next, in place of the panels, until the store has seen its first Operator. */

import { h } from "../dom";

/** `showPanels` is for boards that have something to say without an Operator. */
export function firstVisit(scrapeIntervalSeconds: number, showPanels: () => void): HTMLElement {
  const interval = `${scrapeIntervalSeconds} second${scrapeIntervalSeconds === 1 ? "" : "s"}`;
  return h(
    "section",
    { class: "first-visit", "aria-labelledby": "first-visit-title" },
    h("h2", { id: "first-visit-title" }, "Waiting for the first Operator"),
    h("p", {}, "The store runs, but no Mephisto task has ever shown itself to it."),
    h(
      "ol",
      {},
      step(
        "Start a task as ever, in the Python environment that this package is installed in:",
        "python run_task.py",
        "No line of Mephisto or of your script changes.",
      ),
      step(
        "Or look around first, with simulated workers:",
        "mephisto metrics demo",
        "It stops with Ctrl-C.",
      ),
      step(
        "If your task runs and nothing shows, ask what is running:",
        "mephisto metrics status",
        "It lists the store, the page and each Operator; both sides must use the same MEPHISTO_METRICS_HOME.",
      ),
    ),
    h(
      "p",
      { class: "waiting", role: "status" },
      `This page looks for an Operator by itself, and the store reads each one every ${interval}. ` +
        "The panels appear with the first.",
    ),
    h("button", { type: "button", class: "button", onclick: showPanels }, "Show the panels anyway"),
  );
}

function step(before: string, command: string, after: string): HTMLElement {
  return h(
    "li",
    {},
    h("p", {}, before),
    h("pre", { tabindex: "0" }, h("code", {}, command)),
    h("p", { class: "muted" }, after),
  );
}
