/** What a panel draws as a table: for screen readers, and for whoever wants numbers. */

import type { Panel } from "../dashboard/model";
import { fieldConfigOf } from "../field/config";
import { displayText } from "../field/display";
import { calculationTitle, reduce } from "../field/reduce";
import type { ValueRow } from "../panels/panel";
import type { Series } from "../query/series";
import { h } from "../dom";

const CALCULATIONS = ["lastNotNull", "min", "max", "mean"] as const;

/** A row for each series. `showTimes` opens the values over time. */
export function seriesTable(
  title: string,
  panel: Panel,
  series: readonly Series[],
  showTimes: () => void,
): HTMLElement[] {
  const headings = ["Series", ...CALCULATIONS.map(calculationTitle)];
  const rows = series.map((one) => rowOf(one, panel));
  return withTimes(tableOf(title, headings, rows), showTimes);
}

/** A row for each bucket of a heatmap, whose series are not what it shows: they are cumulative. */
export function bucketTable(
  title: string,
  values: readonly ValueRow[],
  showTimes: () => void,
): HTMLElement[] {
  const rows = values.map(({ name, text }) => h("tr", {}, heading(name, "row"), h("td", {}, text)));
  return withTimes(tableOf(title, ["Bucket", "Last count"], rows), showTimes);
}

function tableOf(title: string, headings: readonly string[], rows: HTMLElement[]): HTMLElement {
  return h(
    "table",
    {},
    h("caption", {}, `Values of ${title}`),
    h("thead", {}, h("tr", {}, ...headings.map((text) => heading(text, "col")))),
    h("tbody", {}, ...rows),
  );
}

function withTimes(table: HTMLElement, showTimes: () => void): HTMLElement[] {
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
