/** A row of the dashboard: a heading that folds, and the grid of its panels. */

import { gridRowStart, type Row } from "../dashboard/layout";
import type { Panel } from "../dashboard/model";
import type { TimeRange } from "../api/prometheus";
import { h } from "../dom";
import { PanelView } from "./panelView";

export class RowView {
  readonly element: HTMLElement;
  readonly panels: PanelView[];
  private readonly grid: HTMLElement;
  private readonly toggle: HTMLElement;

  /** `folded` is called when a person folded or unfolded the row. */
  constructor(
    readonly row: Row,
    zoom: (range: TimeRange) => void,
    folded: (isOpen: boolean) => void,
  ) {
    this.panels = row.panels.map((panel) => new PanelView(panel, zoom));
    const cells = this.panels.map(({ element }, index) => this.placed(element, row.panels[index]));
    this.grid = h("div", { class: "grid" }, ...cells);
    this.toggle = h(
      "button",
      {
        type: "button",
        class: "row-toggle",
        onclick: () => {
          this.isOpen = !this.isOpen;
          folded(this.isOpen);
        },
      },
      row.title ?? "",
    );
    const count = h("span", { class: "row-count" }, countText(row.panels.length));
    const heading = row.title === undefined ? [] : [h("h2", {}, this.toggle, count)];
    this.element = h("div", { class: "row" }, ...heading, this.grid);
    this.isOpen = !row.collapsed;
  }

  get isOpen(): boolean {
    return !this.grid.hidden;
  }

  set isOpen(isOpen: boolean) {
    this.grid.hidden = !isOpen;
    this.toggle.setAttribute("aria-expanded", String(isOpen));
  }

  private placed(element: HTMLElement, panel: Panel | undefined): HTMLElement {
    if (panel === undefined) return element;
    const { x, w, h: height } = panel.gridPos;
    const top = gridRowStart(panel, this.row);
    element.style.setProperty("--column", `${x + 1} / span ${w}`);
    element.style.setProperty("--row", `${top} / span ${height}`);
    element.style.setProperty("--height", String(height));
    return element;
  }
}

function countText(count: number): string {
  return count === 1 ? "1 panel" : `${count} panels`;
}
