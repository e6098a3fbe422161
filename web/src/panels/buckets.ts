/** From a histogram's cumulative buckets to the count in each bucket, as Grafana has it. */

import type { Panel } from "../dashboard/model";
import type { Series } from "../query/series";
import { groupBy } from "../query/group";

export interface Bucket {
  /** The upper bound as the store writes it, or the name of a row that has no bound. */
  label: string;
  /** NaN for a row that is no bucket of a histogram. */
  lower: number;
  upper: number;
  /** Counts by time in milliseconds. */
  counts: ReadonlyMap<number, number>;
}

/** The rows of a heatmap from the lowest bound up; targets of format `heatmap` are cumulative. */
export function bucketsOf(panel: Panel, series: readonly Series[]): Bucket[] {
  const isCumulative = (panel.targets ?? []).some(({ format }) => format === "heatmap");
  const groups = groupBy(series, ({ labels, name }) => labels.le ?? name);
  const rows = [...groups].map(([label, members]) => ({
    label,
    upper: boundOf(label),
    counts: sumsOf(members),
  }));
  // Where bounds are missing the rows keep the order of the answer.
  if (rows.every(({ upper }) => !Number.isNaN(upper))) rows.sort((a, b) => a.upper - b.upper);
  return rows.map((row, index) => {
    const below = rows[index - 1];
    const counts = isCumulative && below ? without(row.counts, below.counts) : row.counts;
    return { ...row, counts, lower: below?.upper ?? (row.upper > 0 ? 0 : -Infinity) };
  });
}

function boundOf(label: string): number {
  return label.trim() === "" ? NaN : Number(label.replace("Inf", "Infinity"));
}

function sumsOf(series: readonly Series[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { points } of series) {
    for (const [timeMs, value] of points) {
      if (value !== null) sums.set(timeMs, (sums.get(timeMs) ?? 0) + value);
    }
  }
  return sums;
}

/** What a bucket has beyond the one below it; scrapes in between may make that less than none. */
function without(
  cumulative: ReadonlyMap<number, number>,
  below: ReadonlyMap<number, number>,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [timeMs, count] of cumulative) {
    counts.set(timeMs, Math.max(0, count - (below.get(timeMs) ?? 0)));
  }
  return counts;
}
