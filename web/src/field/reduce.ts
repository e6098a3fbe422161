/** One number for a series, by Grafana's names of calculations. */

import type { Series } from "../query/series";

/** From the values that are there, at least one, in the order of time. */
type Reducer = (values: readonly number[]) => number | null;

const sum: Reducer = (values) => total(values);

function total(values: readonly number[]): number {
  return values.reduce((result, value) => result + value, 0);
}

function mean(values: readonly number[]): number {
  return total(values) / values.length;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

/** The variance of the values themselves, not an estimate from a sample, as in Grafana. */
function variance(values: readonly number[]): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}

/** The rise of a counter, a fall being a start from zero. */
const delta: Reducer = (values) => {
  const steps = values.map((value, index) => {
    const previous = values[index - 1] ?? value;
    return value >= previous ? value - previous : value;
  });
  return total(steps);
};

const diff: Reducer = (values) => (values.at(-1) ?? 0) - (values.at(0) ?? 0);

function diffPercent(values: readonly number[]): number | null {
  const first = values.at(0) ?? 0;
  return first === 0 ? null : ((values.at(-1) ?? 0) - first) / first;
}

/** The least distance of two neighbours. */
function step(values: readonly number[]): number | null {
  const steps = values.slice(1).map((value, index) => value - (values[index] ?? value));
  return steps.length === 0 ? null : least(steps);
}

/** The value that a share of the values does not exceed: nearest rank, as in Grafana. */
function percentile(share: number): Reducer {
  return (values) => {
    const ascending = values.toSorted((a, b) => a - b);
    return ascending[Math.round((ascending.length - 1) * share)] ?? null;
  };
}

interface Calculation {
  title: string;
  reduce: Reducer;
}

const PERCENTILE = /^p([1-9]\d?)$/;

const CALCULATIONS: Readonly<Record<string, Calculation>> = {
  lastNotNull: { title: "Last *", reduce: (values) => values.at(-1) ?? null },
  firstNotNull: { title: "First *", reduce: (values) => values.at(0) ?? null },
  min: { title: "Min", reduce: least },
  max: { title: "Max", reduce: most },
  mean: { title: "Mean", reduce: mean },
  median: { title: "Median", reduce: percentile(0.5) },
  sum: { title: "Total", reduce: sum },
  range: { title: "Range", reduce: (values) => most(values) - least(values) },
  delta: { title: "Delta", reduce: delta },
  diff: { title: "Difference", reduce: diff },
  diffperc: { title: "Difference percent", reduce: diffPercent },
  step: { title: "Step", reduce: step },
  variance: { title: "Variance", reduce: variance },
  stdDev: { title: "StdDev", reduce: (values) => Math.sqrt(variance(values)) },
  distinctCount: { title: "Distinct count", reduce: (values) => new Set(values).size },
  logmin: { title: "Min (above zero)", reduce: (values) => leastAboveZero(values) },
};

function leastAboveZero(values: readonly number[]): number | null {
  const above = values.filter((value) => value > 0);
  return above.length === 0 ? null : least(above);
}

/** Those that look at the points rather than at the values that are there. */
const OF_POINTS: Readonly<
  Record<string, { title: string; reduce: (series: Series) => number | null }>
> = {
  last: { title: "Last", reduce: ({ points }) => points.at(-1)?.[1] ?? null },
  first: { title: "First", reduce: ({ points }) => points.at(0)?.[1] ?? null },
  count: { title: "Count", reduce: (series) => valuesOf(series).length },
};

/** Null where the series has no value; an unknown calculation is the last value. */
export function reduce(series: Series, calculation: string): number | null {
  const ofPoints = OF_POINTS[calculation];
  if (ofPoints !== undefined) return ofPoints.reduce(series);
  const values = valuesOf(series);
  return values.length === 0 ? null : reducerOf(calculation)(values);
}

/** A drawing reduces each series several times: for its colour, its legend, its row of a table. */
const knownValues = new WeakMap<Series, readonly number[]>();

function valuesOf(series: Series): readonly number[] {
  const known = knownValues.get(series);
  if (known !== undefined) return known;
  const values: number[] = [];
  for (const [, value] of series.points) if (value !== null) values.push(value);
  knownValues.set(series, values);
  return values;
}

function reducerOf(calculation: string): Reducer {
  const rank = PERCENTILE.exec(calculation)?.[1];
  if (rank !== undefined) return percentile(Number(rank) / 100);
  return CALCULATIONS[calculation]?.reduce ?? ((values) => values.at(-1) ?? null);
}

export function calculationTitle(calculation: string): string {
  const rank = PERCENTILE.exec(calculation)?.[1];
  if (rank !== undefined) return `${rank}th %`;
  return CALCULATIONS[calculation]?.title ?? OF_POINTS[calculation]?.title ?? calculation;
}
