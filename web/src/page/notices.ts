/** What the page has to say as a whole, above the panels. */

import { formatClock } from "../query/clock";
import { h } from "../dom";

export function storeUnreachable(reason: string, lastReadMs: number | undefined): HTMLElement {
  const age =
    lastReadMs === undefined
      ? "Nothing has been read yet."
      : `What is shown was read at ${formatClock(lastReadMs, 0)}.`;
  return notice(
    "error",
    "The store cannot be reached",
    `${reason}. ${age} The page tries again by itself; `,
    code("mephisto metrics status"),
    " tells what runs.",
  );
}

export function noOperator(): HTMLElement {
  return notice(
    "info",
    "No Operator has been seen in this time range",
    "Run a Mephisto task, and it shows up here by itself. To look around without one, run ",
    code("mephisto metrics demo"),
    ".",
  );
}

export function cannotStart(reason: string): HTMLElement {
  return notice("error", "The dashboard cannot be loaded", `${reason}. The page tries again.`);
}

export function invalidRange(from: string, to: string): HTMLElement {
  return notice(
    "error",
    "The address holds no valid time range",
    `“${from}” to “${to}” is neither like “now-15m” to “now” nor two ascending times in ` +
      "milliseconds. Choose a time range above.",
  );
}

function notice(kind: "error" | "info", headline: string, ...text: (Node | string)[]): HTMLElement {
  const role = kind === "error" ? "alert" : "status";
  const heading = h("strong", {}, headline);
  return h("div", { class: `notice ${kind}`, role }, heading, h("span", {}, ...text));
}

function code(text: string): HTMLElement {
  return h("code", {}, text);
}
