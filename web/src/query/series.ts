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
    points: withGaps(samples.map(toPoint), stepMs),
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

function toPoint([seconds, text]: SampleValue): Point {
  const value = Number(text.replace("Inf", "Infinity"));
  // A quantile over no observations is NaN: drawn as nothing, like a point that is not there.
  return [Math.round(seconds * 1000), Number.isNaN(value) ? null : value];
}

function withGaps(points: readonly Point[], stepMs: number): Point[] {
  return points.flatMap((point, index): Point[] => {
    const previous = points[index - 1];
    const isGap = previous !== undefined && point[0] - previous[0] > 1.5 * stepMs;
    return isGap ? [[previous[0] + stepMs, null], point] : [point];
  });
}

/** Second and later series of one name get a number, as in Grafana. */
export function withUniqueNames(series: readonly Series[]): Series[] {
  const seen = new Map<string, number>();
  return series.map((one) => {
    if (series.filter(({ name }) => name === one.name).length === 1) return one;
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    return { ...one, name: `${one.name} ${count}` };
  });
}

/** The points that have a value. */
export function presentPoints(series: Series): (readonly [number, number])[] {
  return series.points.filter((point): point is readonly [number, number] => point[1] !== null);
}
