/** What the page has to say as a whole, above the panels. */

import { formatInstant } from "../query/clock";
import { h } from "../dom";

export function storeUnreachable(reason: string, lastReadMs: number | undefined): HTMLElement {
  const age =
    lastReadMs === undefined
      ? "Nothing has been read yet."
      : `What is shown was read at ${formatInstant(lastReadMs)}.`;
  return notice(
    "error",
    "The store cannot be reached",
    `${reason}. ${age} The page tries again by itself; `,
    code("mephisto metrics status"),
    " tells what runs.",
  );
}

/** The store knows Operators, but none in this range. */
export function noOperatorInRange(showLast: () => void): HTMLElement {
  return notice(
    "info",
    "No Operator has been seen in this time range",
    "The store has older or newer data. ",
    h("button", { type: "button", class: "button", onclick: showLast }, "Show the last Operator"),
    " Or run a Mephisto task: it shows up here by itself.",
  );
}

export function cannotStart(reason: string): HTMLElement {
  return notice("error", "The dashboard cannot be loaded", `${reason}. The page tries again.`);
}

export function invalidRange(reason: string): HTMLElement {
  return notice(
    "error",
    "The address holds no valid time range",
    `${reason} Choose a time range above.`,
  );
}

/** The page's server is of another version than this page. */
export function newVersion(version: string): HTMLElement {
  const reload = (): void => {
    location.reload();
  };
  return notice(
    "info",
    `The page's server now has version ${version}`,
    "This page is of the one before. ",
    h("button", { type: "button", class: "button", onclick: reload }, "Reload"),
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
