/** Names of series, by Grafana's `legendFormat`. */

import type { LabelSet } from "../api/prometheus";
import type { Target } from "../dashboard/model";

const AUTOMATIC = "__auto";

/** The name of a series; a label that it lacks is left out. */
export function seriesName(target: Target, labels: LabelSet): string {
  const format = target.legendFormat ?? "";
  if (format === "" || format === AUTOMATIC) return formatLabels(labels) || target.expr;
  return filledIn(format, labels);
}

/** A text with each `{{label}}` replaced by its value; a label that is absent is left out. */
export function filledIn(format: string, labels: LabelSet): string {
  return format.replaceAll(/\{\{\s*(.+?)\s*\}\}/g, (_, name: string) =>
    Object.hasOwn(labels, name) ? (labels[name] ?? "") : "",
  );
}

/** `name{label="value"}`, as PromQL writes a series. */
export function formatLabels(labels: LabelSet): string {
  const { __name__: metric = "", ...others } = labels;
  const pairs = Object.entries(others).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(", ")}}`;
}
