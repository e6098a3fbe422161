/** From a Prometheus answer to named series of numbers. */

import type { LabelSet, QueryResult, SampleValue } from "../api/prometheus";
import type { Target } from "../dashboard/model";
import { seriesName } from "./legend";

/** Milliseconds since the epoch, and the value; null where there is none. */
export type Point = readonly [number, number | null];

export interface Series {
  /** Unique in its panel. */
  name: string;
  refId: string;
  labels: LabelSet;
  /** Ascending in time; a null stands before every gap. */
  points: Point[];
}

/** The series of one target; `stepMs` tells a gap from the usual distance of two points. */
export function seriesOf(target: Target, result: QueryResult, stepMs: number): Series[] {
  return samplesByLabels(result).map(([labels, samples]) => ({
    name: seriesName(target, labels),
    refId: target.refId,
    labels,
    points: pointsOf(samples, stepMs),
  }));
}

function samplesByLabels(result: QueryResult): (readonly [LabelSet, readonly SampleValue[]])[] {
  switch (result.resultType) {
    case "matrix":
      return result.result.map(({ metric, values }) => [metric, values ?? []] as const);
    case "vector":
      return result.result.map(({ metric, value }) => [metric, [value]] as const);
    case "scalar":
      return [[{}, [result.result]]];
  }
}

/** A loop over what may be tens of thousands of samples a refresh. */
function pointsOf(samples: readonly SampleValue[], stepMs: number): Point[] {
  const points: Point[] = [];
  let lastMs = Infinity;
  for (const [seconds, text] of samples) {
    const timeMs = Math.round(seconds * 1000);
    if (timeMs - lastMs > 1.5 * stepMs) points.push([lastMs + stepMs, null]);
    points.push([timeMs, toValue(text)]);
    lastMs = timeMs;
  }
  return points;
}

/** A quantile over no observations is NaN: drawn as nothing, like a point that is not there. */
function toValue(text: string): number | null {
  const value = Number(text);
  if (!Number.isNaN(value)) return value;
  return text.endsWith("Inf") ? Number(text.replace("Inf", "Infinity")) : null;
}

/** Second and later series of one name get a number, as in Grafana. */
export function withUniqueNames(series: readonly Series[]): Series[] {
  const total = new Map<string, number>();
  for (const { name } of series) total.set(name, (total.get(name) ?? 0) + 1);
  const seen = new Map<string, number>();
  return series.map((one) => {
    if (total.get(one.name) === 1) return one;
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    return { ...one, name: `${one.name} ${count}` };
  });
}

export function hasValues({ points }: Series): boolean {
  return points.some(([, value]) => value !== null);
}

/** The points that have a value. */
export function presentPoints(series: Series): (readonly [number, number])[] {
  return series.points.filter((point): point is readonly [number, number] => point[1] !== null);
}
