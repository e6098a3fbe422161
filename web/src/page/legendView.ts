/** The legend under or beside a chart: a button for each series, as a list or as a table. */

import type { Panel } from "../dashboard/model";
import type { ColorScale, LegendItem } from "../panels/panel";
import { h, swatch } from "../dom";
import { afterSortClick, ariaSort, sorted, type Sort } from "./sorting";

interface LegendOptions {
  displayMode?: "list" | "table" | "hidden";
  placement?: "bottom" | "right";
  width?: number;
  showLegend?: boolean;
  sortBy?: string;
  sortDesc?: boolean;
}

/** Whether the legend stands below the chart or to the right of it. */
export function legendPlacement(panel: Panel): "bottom" | "right" {
  return optionsOf(panel).placement ?? "bottom";
}

function optionsOf(panel: Panel): LegendOptions {
  return panel.options?.legend ?? {};
}

export class LegendView {
  readonly element = h("div", { class: "legend-host", hidden: true });
  private readonly options: LegendOptions;
  private items: readonly LegendItem[] = [];
  private off: ReadonlySet<string> = new Set();
  private sort: Sort<string> | undefined;
  /** What the elements stand for. */
  private shown = "";

  /** `changed` is called when series were hidden or shown. */
  constructor(
    panel: Panel,
    private readonly changed: () => void,
  ) {
    this.options = optionsOf(panel);
    const { width, sortBy, sortDesc = false } = this.options;
    if (width !== undefined && this.options.placement === "right") {
      this.element.style.width = `${width}px`;
    }
    if (sortBy !== undefined) this.sort = { column: sortBy, isDescending: sortDesc };
  }

  /** Names of the series that are switched off; they stay so over refreshes. */
  get hidden(): ReadonlySet<string> {
    return this.off;
  }

  draw(items: readonly LegendItem[], scale?: ColorScale): void {
    this.items = items;
    const content = JSON.stringify([items, scale, [...this.off], this.sort]);
    // New elements would make the browser work out where everything is.
    if (content === this.shown) return;
    this.shown = content;
    const focused = this.focusedKey();
    const isShown = this.options.showLegend !== false && this.options.displayMode !== "hidden";
    this.element.replaceChildren(...(isShown ? this.content(items, scale) : []));
    this.element.hidden = this.element.childElementCount === 0;
    if (focused !== undefined) this.focus(focused);
  }

  clear(): void {
    this.draw([]);
  }

  private content(items: readonly LegendItem[], scale: ColorScale | undefined): HTMLElement[] {
    if (scale !== undefined) return [colorScale(scale)];
    if (items.length === 0) return [];
    return [this.options.displayMode === "table" ? this.table(items) : this.list(items)];
  }

  private list(items: readonly LegendItem[]): HTMLElement {
    const entries = items.map((item) =>
      h(
        "li",
        {},
        this.entry(item),
        ...item.values.map(({ title, text }) =>
          h("span", { class: "legend-value" }, `${title}: ${text}`),
        ),
      ),
    );
    return h("ul", { class: "legend legend-list" }, ...entries);
  }

  private table(items: readonly LegendItem[]): HTMLElement {
    const titles = ["Name", ...(items[0]?.values.map(({ title }) => title) ?? [])];
    const rows = sorted(items, this.sort, valueOf).map((item) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, this.entry(item)),
        ...item.values.map(({ text }) => h("td", {}, text)),
      ),
    );
    const head = h("tr", {}, ...titles.map((title) => this.heading(title)));
    return h(
      "table",
      { class: "legend legend-table" },
      h("thead", {}, head),
      h("tbody", {}, ...rows),
    );
  }

  private heading(title: string): HTMLElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "sort-button",
        "data-key": `sort ${title}`,
        onclick: () => {
          this.sort = afterSortClick(this.sort, title);
          this.redrawItems();
        },
      },
      title,
    );
    return h("th", { scope: "col", "aria-sort": ariaSort(this.sort, title) }, button);
  }

  private entry(item: LegendItem): HTMLElement {
    const name = h("span", { class: "legend-name" }, item.name);
    if (item.isState) return h("span", { class: "legend-item" }, swatch(item.color), name);
    return h(
      "button",
      {
        type: "button",
        class: "legend-item",
        "aria-pressed": String(!this.off.has(item.name)),
        "data-key": `series ${item.name}`,
        title: "Show only this series; with Ctrl or Shift, hide or show it",
        onclick: (event) => {
          const { ctrlKey, metaKey, shiftKey } = event as MouseEvent;
          this.click(item.name, ctrlKey || metaKey || shiftKey);
        },
      },
      swatch(item.color),
      name,
    );
  }

  private click(name: string, isModified: boolean): void {
    const names = this.items.map((item) => item.name);
    this.off = afterClick(names, this.off, name, isModified);
    this.redrawItems();
    this.changed();
  }

  private redrawItems(): void {
    this.draw(this.items);
  }

  /** What has the focus, so that drawing anew does not take it away from a keyboard. */
  private focusedKey(): string | undefined {
    const active = document.activeElement;
    const isMine = active instanceof HTMLElement && this.element.contains(active);
    return isMine ? active.dataset.key : undefined;
  }

  private focus(key: string): void {
    const buttons = this.element.querySelectorAll<HTMLElement>("[data-key]");
    [...buttons].find((button) => button.dataset.key === key)?.focus();
  }
}

function valueOf(item: LegendItem, title: string): number | string | null {
  if (title === "Name") return item.name;
  return item.values.find((value) => value.title === title)?.value ?? null;
}

/** A bar of the colours between the texts of the least and the greatest value. */
function colorScale({ colors, minText, maxText }: ColorScale): HTMLElement {
  const bar = h("span", { class: "color-scale-bar", "aria-hidden": "true" });
  bar.style.setProperty("background-image", `linear-gradient(to right, ${colors.join(", ")})`);
  return h("div", { class: "color-scale" }, h("span", {}, minText), bar, h("span", {}, maxText));
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
  const others = names.filter((other) => other !== name);
  const isAlone = !hidden.has(name) && others.every((other) => hidden.has(other));
  return new Set(isAlone ? [] : others);
}
