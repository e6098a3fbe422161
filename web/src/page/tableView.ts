/** A table whose columns sort by a click on their headings. */

import type { Table, TableCell, TableColumn } from "../panels/panel";
import { h } from "../dom";
import { renderLink } from "./linkView";
import { afterSortClick, ariaSort, sorted, type Sort } from "./sorting";

export class TableView {
  private readonly element = h("div", { class: "table-host", tabindex: "0" });
  private table: Table | undefined;
  /** Undefined until a person chooses an order; null for the rows' own. */
  private chosen: Sort<number> | null | undefined;

  draw(table: Table): HTMLElement {
    this.table = table;
    const { scrollTop, scrollLeft } = this.element;
    const focused = this.focusedColumn();
    this.element.replaceChildren(this.render(table));
    this.element.scrollTo(scrollLeft, scrollTop);
    if (focused !== -1) this.buttons()[focused]?.focus();
    return this.element;
  }

  private render(table: Table): HTMLElement {
    const { columns, rows, footer, hasHeader } = table;
    const sort = this.chosen === undefined ? table.sort : (this.chosen ?? undefined);
    const head = h("tr", {}, ...columns.map((column, index) => this.heading(column, index, sort)));
    const body = sorted(rows, sort, (row, index) => row[index]?.value ?? null);
    return h(
      "table",
      { class: "table" },
      ...(hasHeader ? [h("thead", {}, head)] : []),
      h("tbody", {}, ...body.map((row) => h("tr", {}, ...row.map(cellIn(columns))))),
      ...(footer ? [h("tfoot", {}, h("tr", {}, ...footer.map(footerIn(columns))))] : []),
    );
  }

  private heading(
    { title, align, widthPixels }: TableColumn,
    index: number,
    sort: Sort<number> | undefined,
  ): HTMLElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "sort-button",
        onclick: () => {
          this.chosen = afterSortClick(sort, index) ?? null;
          if (this.table) this.draw(this.table);
        },
      },
      title,
    );
    const element = h(
      "th",
      { scope: "col", class: `align-${align}`, "aria-sort": ariaSort(sort, index) },
      button,
    );
    if (widthPixels !== undefined) element.style.width = `${widthPixels}px`;
    return element;
  }

  private buttons(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>(".sort-button")];
  }

  private focusedColumn(): number {
    return this.buttons().indexOf(document.activeElement as HTMLElement);
  }
}

function cellIn(columns: readonly TableColumn[]) {
  return (cell: TableCell, index: number): HTMLElement => {
    const text = cell.link ? renderLink(cell.link, cell.text) : h("span", {}, cell.text);
    const element = h("td", { class: `align-${columns[index]?.align ?? "left"}` }, text);
    if (cell.color !== undefined) element.style.color = cell.color;
    if (cell.background !== undefined) element.style.backgroundColor = cell.background;
    if (cell.gauge !== undefined) element.prepend(bar(cell.gauge));
    return element;
  };
}

function footerIn(columns: readonly TableColumn[]) {
  return (text: string, index: number): HTMLElement =>
    h("td", { class: `align-${columns[index]?.align ?? "left"}` }, text);
}

/** A bar as long as the cell's share of its scale; the text beside it says the same. */
function bar({ share, color }: { share: number; color: string }): HTMLElement {
  const fill = h("span", { class: "cell-bar-fill" });
  fill.style.width = `${(100 * share).toFixed(1)}%`;
  fill.style.backgroundColor = color;
  return h("span", { class: "cell-bar", "aria-hidden": "true" }, fill);
}
