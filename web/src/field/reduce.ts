/** One number for a series, by Grafana's names of calculations. */

import { presentPoints, type Series } from "../query/series";

type Reducer = (values: readonly number[]) => number | null;

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

const REDUCERS: Readonly<Record<string, Reducer>> = {
  lastNotNull: (values) => values.at(-1) ?? null,
  firstNotNull: (values) => values.at(0) ?? null,
  min: (values) => (values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b))),
  max: (values) => (values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b))),
  mean: (values) => (values.length === 0 ? null : sum(values) / values.length),
  sum: (values) => (values.length === 0 ? null : sum(values)),
  count: (values) => values.length,
};

/** Titles of the calculations, for legends. */
const TITLES: Readonly<Record<string, string>> = {
  last: "Last",
  lastNotNull: "Last",
  first: "First",
  firstNotNull: "First",
  min: "Min",
  max: "Max",
  mean: "Mean",
  sum: "Total",
  count: "Count",
};

/** Null where the series has no value; an unknown calculation is the last value. */
export function reduce(series: Series, calculation: string): number | null {
  if (calculation === "last") return series.points.at(-1)?.[1] ?? null;
  if (calculation === "first") return series.points.at(0)?.[1] ?? null;
  const reducer = REDUCERS[calculation] ?? REDUCERS.lastNotNull;
  return reducer?.(presentPoints(series).map(([, value]) => value)) ?? null;
}

export function calculationTitle(calculation: string): string {
  return TITLES[calculation] ?? calculation;
}
