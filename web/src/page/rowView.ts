/** A row of the dashboard: a heading that folds, and the grid of its panels. */

import { gridRowStart, type Row } from "../dashboard/layout";
import type { Panel } from "../dashboard/model";
import { h } from "../dom";
import { PanelView, type PanelActions } from "./panelView";

export class RowView {
  readonly element: HTMLElement;
  readonly panels: PanelView[];
  private readonly grid: HTMLElement;
  private readonly toggle: HTMLElement;

  /** `folded` is called when a person folded or unfolded the row. */
  constructor(
    readonly row: Row,
    actions: PanelActions,
    folded: (isOpen: boolean) => void,
  ) {
    this.panels = row.panels.map((panel) => new PanelView(panel, actions));
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

  /** Shows the panel of this id alone, or all; a row without it is not shown. */
  showOnly(panelId: number | undefined): void {
    const viewed = this.panels.find(({ panel }) => panel.id === panelId);
    this.element.hidden = panelId !== undefined && viewed === undefined;
    this.element.classList.toggle("has-viewed", viewed !== undefined);
    if (viewed !== undefined) this.grid.hidden = false;
    for (const view of this.panels) {
      view.element.hidden = viewed !== undefined && view !== viewed;
      view.element.classList.toggle("viewed", view === viewed);
    }
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
