/** What a panel draws as a table: for screen readers, and for whoever wants numbers. */

import type { Panel } from "../dashboard/model";
import { fieldConfigOf } from "../field/config";
import { displayText } from "../field/display";
import { calculationTitle, reduce } from "../field/reduce";
import type { Series } from "../query/series";
import { h } from "../dom";

const CALCULATIONS = ["lastNotNull", "min", "max", "mean"] as const;

/** A row for each series. `showTimes` opens the values over time. */
export function valueTable(
  title: string,
  panel: Panel,
  series: readonly Series[],
  showTimes: () => void,
): HTMLElement[] {
  const headings = ["Series", ...CALCULATIONS.map(calculationTitle)];
  const table = h(
    "table",
    {},
    h("caption", {}, `Values of ${title}`),
    h("thead", {}, h("tr", {}, ...headings.map((text) => heading(text, "col")))),
    h("tbody", {}, ...series.map((one) => rowOf(one, panel))),
  );
  const button = h(
    "button",
    { type: "button", class: "button times", onclick: showTimes },
    "Values over time",
  );
  return [table, button];
}

function rowOf(series: Series, panel: Panel): HTMLElement {
  const config = fieldConfigOf(panel, series);
  const cells = CALCULATIONS.map((calculation) =>
    h("td", {}, displayText(reduce(series, calculation), config)),
  );
  return h("tr", {}, heading(config.displayName ?? series.name, "row"), ...cells);
}

function heading(text: string, scope: "col" | "row"): HTMLElement {
  return h("th", { scope }, text);
}
