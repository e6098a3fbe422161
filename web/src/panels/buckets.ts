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
  /** When was counted, ascending and the same for all rows. */
  timesMs: readonly number[];
  /** What was counted at each of these times; NaN where nothing is known. */
  counts: Float64Array;
}

/** The rows of a heatmap from the lowest bound up; targets of format `heatmap` are cumulative. */
export function bucketsOf(panel: Panel, series: readonly Series[]): Bucket[] {
  const isCumulative = (panel.targets ?? []).some(({ format }) => format === "heatmap");
  const timesMs = timesOf(series);
  const places = new Map(timesMs.map((timeMs, place) => [timeMs, place]));
  const groups = groupBy(series, ({ labels, name }) => labels.le ?? name);
  const rows = [...groups].map(([label, members]) => ({
    label,
    upper: boundOf(label),
    timesMs,
    counts: sumsOf(members, places),
  }));
  // Where bounds are missing the rows keep the order of the answer.
  if (rows.every(({ upper }) => !Number.isNaN(upper))) rows.sort((a, b) => a.upper - b.upper);
  return rows.map((row, index) => {
    const below = rows[index - 1];
    const counts = isCumulative && below ? without(row.counts, below.counts) : row.counts;
    return { ...row, counts, lower: below?.upper ?? (row.upper > 0 ? 0 : -Infinity) };
  });
}

function timesOf(series: readonly Series[]): number[] {
  const times = new Set<number>();
  for (const { points } of series) {
    for (const [timeMs] of points) times.add(timeMs);
  }
  return [...times].sort((a, b) => a - b);
}

function boundOf(label: string): number {
  return label.trim() === "" ? NaN : Number(label.replace("Inf", "Infinity"));
}

function sumsOf(series: readonly Series[], places: ReadonlyMap<number, number>): Float64Array {
  const sums = new Float64Array(places.size).fill(NaN);
  for (const { points } of series) {
    for (const [timeMs, value] of points) {
      const place = places.get(timeMs);
      if (value !== null && place !== undefined) sums[place] = knownAt(sums, place) + value;
    }
  }
  return sums;
}

/** What a bucket has beyond the one below it; scrapes in between may make that less than none. */
function without(cumulative: Float64Array, below: Float64Array): Float64Array {
  return cumulative.map((count, place) => Math.max(0, count - knownAt(below, place)));
}

/** What was counted; nothing where nothing is known. */
export function knownAt(counts: Float64Array, place: number): number {
  const count = counts[place] ?? NaN;
  return Number.isNaN(count) ? 0 : count;
}
