/** The inspector's data: a table of what was read, and the same as a file. */

import { csvOf, tableOf, type Layout } from "../query/csv";
import { dropdown, h } from "../dom";
import { copyButton, downloadText, fileName } from "./files";
import type { Inspected } from "./inspector";

/** More rows make the dialog slow; the file has all. */
const MOST_ROWS = 500;

export function dataTab({ title, loaded, range }: Inspected): HTMLElement[] {
  const { series } = loaded;
  if (series.length === 0) return [h("p", {}, "There is no data.")];
  let layout: Layout = "joined";
  const host = h("div", { class: "data-table" });
  const show = (): void => {
    host.replaceChildren(...tableElements(layout));
  };
  const tableElements = (chosen: Layout): HTMLElement[] => {
    const { header, rows } = tableOf(series, chosen);
    return [...note(rows.length), table(title, header, rows.slice(0, MOST_ROWS))];
  };
  const layouts = [
    { value: "joined", text: "one column a series" },
    { value: "listed", text: "one row a sample" },
  ];
  const controls = h(
    "div",
    { class: "inspector-controls" },
    dropdown("Layout", layouts, layout, (value) => {
      layout = value as Layout;
      show();
    }),
    h(
      "button",
      {
        type: "button",
        class: "button download",
        onclick: () => {
          const name = fileName(title, range.toMs, "csv");
          downloadText(name, "text/csv;charset=utf-8", csvOf(series, layout));
        },
      },
      "Download CSV",
    ),
    copyButton("Copy CSV", () => csvOf(series, layout)),
  );
  show();
  return [controls, host];
}

function note(count: number): HTMLElement[] {
  if (count <= MOST_ROWS) return [];
  return [h("p", {}, `The first ${MOST_ROWS} of ${count} rows; the file has them all.`)];
}

function table(
  title: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  const cell = (text: string): HTMLElement => h("td", {}, text);
  return h(
    "table",
    {},
    h("caption", { class: "visually-hidden" }, `Values of ${title} over time`),
    h("thead", {}, h("tr", {}, ...header.map((text) => h("th", { scope: "col" }, text)))),
    h(
      "tbody",
      {},
      ...rows.map(([first = "", ...others]) =>
        h("tr", {}, h("th", { scope: "row" }, first), ...others.map(cell)),
      ),
    ),
  );
}
