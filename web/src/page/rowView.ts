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

  /** `opened` is called when the row was unfolded, for its panels have not been loaded then. */
  constructor(
    private readonly row: Row,
    zoom: (range: TimeRange) => void,
    opened: () => void,
  ) {
    this.panels = row.panels.map((panel) => new PanelView(panel, zoom));
    const cells = this.panels.map(({ element }, index) => this.placed(element, row.panels[index]));
    this.grid = h("div", { class: "grid", hidden: row.collapsed }, ...cells);
    const heading = row.title === undefined ? [] : [this.heading(row.title, opened)];
    this.element = h("div", { class: "row" }, ...heading, this.grid);
  }

  get isOpen(): boolean {
    return !this.grid.hidden;
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

  private heading(title: string, opened: () => void): HTMLElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "row-toggle",
        "aria-expanded": String(!this.row.collapsed),
        onclick: () => {
          this.grid.hidden = !this.grid.hidden;
          button.setAttribute("aria-expanded", String(this.isOpen));
          if (this.isOpen) opened();
        },
      },
      title,
    );
    return h("h2", {}, button);
  }
}
