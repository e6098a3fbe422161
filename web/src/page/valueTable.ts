/** The last values of a panel as a table: for screen readers, and for whoever wants numbers. */

import type { ValueRow } from "../panels/panel";
import { h } from "../dom";

export function valueTable(title: string, rows: readonly ValueRow[]): HTMLTableElement {
  return h(
    "table",
    {},
    h("caption", {}, `Last values of ${title}`),
    h("thead", {}, h("tr", {}, heading("Series", "col"), heading("Last value", "col"))),
    h(
      "tbody",
      {},
      ...rows.map(({ name, text }) => h("tr", {}, heading(name, "row"), h("td", {}, text))),
    ),
  );
}

function heading(text: string, scope: "col" | "row"): HTMLElement {
  return h("th", { scope }, text);
}
