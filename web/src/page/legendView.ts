/** The legend under or beside a chart: a button for each series. */

import type { Panel } from "../dashboard/model";
import type { LegendItem } from "../panels/panel";
import { h, swatch } from "../dom";

export interface LegendOptions {
  displayMode?: "list" | "table" | "hidden";
  placement?: "bottom" | "right";
}

export function legendOptions(panel: Panel): LegendOptions {
  return panel.options?.legend ?? {};
}

/** `click` gets the series' name, and whether a modifier key was held. */
export function renderLegend(
  items: readonly LegendItem[],
  hidden: ReadonlySet<string>,
  { displayMode = "list" }: LegendOptions,
  click: (name: string, isModified: boolean) => void,
): HTMLElement {
  const entries = items.map((item) => entry(item, hidden.has(item.name), click));
  return h("ul", { class: `legend legend-${displayMode}` }, ...entries);
}

function entry(
  { name, color, values }: LegendItem,
  isHidden: boolean,
  click: (name: string, isModified: boolean) => void,
): HTMLElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "legend-item",
      "aria-pressed": String(!isHidden),
      title: "Show only this series; with Ctrl or Shift, hide or show it",
      onclick: (event) => {
        const { ctrlKey, metaKey, shiftKey } = event as MouseEvent;
        click(name, ctrlKey || metaKey || shiftKey);
      },
    },
    swatch(color),
    h("span", { class: "legend-name" }, name),
    ...values.map(({ title, text }) => h("span", { class: "legend-value" }, `${title}: ${text}`)),
  );
  return h("li", {}, button);
}

/** The hidden series after a click, as in Grafana: isolate, show all again, or switch one. */
export function afterClick(
  names: readonly string[],
  hidden: ReadonlySet<string>,
  name: string,
  isModified: boolean,
): Set<string> {
  if (isModified) {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    return next;
  }
  const isAlone = !hidden.has(name) && hidden.size === names.length - 1;
  return new Set(isAlone ? [] : names.filter((other) => other !== name));
}
