/** The dialog that shows what is behind a panel: its data, its queries, its JSON. */

import type { TimeRange } from "../api/prometheus";
import type { Panel } from "../dashboard/model";
import type { Loaded, LoadRequest } from "../query/load";
import { h } from "../dom";
import { dataTab } from "./inspectorData";
import { jsonTab } from "./inspectorJson";
import { queryTab } from "./inspectorQuery";
import type { Reason } from "./reasons";

/** What the panel knew when the dialog was opened; it does not change while it is read. */
export interface Inspected {
  title: string;
  panel: Panel;
  loaded: Loaded;
  range: TimeRange;
  /** The last that was made; undefined before the first. */
  request: LoadRequest | undefined;
  /** Why the last request failed, if it did. */
  failure: Reason | undefined;
}

export type Tab = "data" | "query" | "json";

const TABS: readonly (readonly [Tab, string, (inspected: Inspected) => HTMLElement[]])[] = [
  ["data", "Data", dataTab],
  ["query", "Query", queryTab],
  ["json", "JSON", jsonTab],
];

export function showInspector(inspected: Inspected, first: Tab): void {
  const content = h("div", { class: "inspector-content", role: "tabpanel", tabindex: "0" });
  const dialog = h("dialog", { class: "inspector", "aria-label": `Inspect ${inspected.title}` });
  const close = h(
    "button",
    {
      type: "button",
      class: "button close",
      "aria-label": "Close",
      onclick: () => {
        dialog.close();
      },
    },
    "✕",
  );
  dialog.append(
    h("header", {}, h("h2", {}, inspected.title), close),
    tabList(inspected, first, content),
    content,
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function tabList(inspected: Inspected, first: Tab, content: HTMLElement): HTMLElement {
  const tabs = TABS.map(([name, text, render]) => {
    const tab = h("button", { type: "button", role: "tab", "data-tab": name }, text);
    tab.addEventListener("click", () => {
      for (const one of tabs) select(one, one === tab);
      content.setAttribute("aria-label", text);
      content.replaceChildren(...render(inspected));
    });
    return tab;
  });
  tabs.find((tab) => tab.dataset.tab === first)?.click();
  return h("div", { class: "tabs", role: "tablist", onkeydown: moveBetween(tabs) }, ...tabs);
}

function select(tab: HTMLElement, isSelected: boolean): void {
  tab.setAttribute("aria-selected", String(isSelected));
  tab.tabIndex = isSelected ? 0 : -1;
}

function moveBetween(tabs: readonly HTMLElement[]): (event: Event) => void {
  return (event) => {
    const { key } = event as KeyboardEvent;
    const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    next?.focus();
    next?.click();
  };
}
