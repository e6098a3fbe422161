/** What of a field is drawn: its points where nulls are dealt with, and where they stack up to. */

import { groupBy } from "../query/group";
import type { Point } from "../query/series";
import { customOption, type Field } from "./fields";

export interface Plotted {
  field: Field;
  /** What is drawn: the values, or their shares of the stack. */
  points: readonly Point[];
  /** The same instants with the values that they reach on the axis. */
  tops: readonly Point[];
  isBar: boolean;
  isStacked: boolean;
  isShareOfStack: boolean;
  /** Fields with the same key stand on one another. */
  stackKey: string | undefined;
}

interface Stacking {
  mode?: string;
  group?: string;
}

/** The fields as they are drawn; those of a stack have a point at every instant of the stack. */
export function plotsOf(fields: readonly Field[]): Plotted[] {
  const stacks = groupBy(fields, stackKeyOf);
  const stacked = new Map(
    [...stacks].flatMap(([key, members]) => (key === undefined ? [] : stack(key, members))),
  );
  return fields.map((field) => stacked.get(field) ?? alone(field));
}

function isBar({ config }: Field): boolean {
  return customOption<string>(config, "drawStyle", "line") === "bars";
}

function stackKeyOf(field: Field): string | undefined {
  const { mode = "none", group = "" } = customOption<Stacking>(field.config, "stacking", {});
  if (mode === "none") return undefined;
  return JSON.stringify([mode, group, field.config.unit ?? "", isBar(field)]);
}

function alone(field: Field): Plotted {
  const points = withNulls(field.series.points, field);
  return {
    field,
    points,
    tops: points,
    isBar: isBar(field),
    isStacked: false,
    isShareOfStack: false,
    stackKey: undefined,
  };
}

function stack(key: string, fields: readonly Field[]): [Field, Plotted][] {
  const isShareOfStack = key.startsWith('["percent"');
  const timesMs = [...new Set(fields.flatMap(({ series }) => series.points.map(([at]) => at)))];
  timesMs.sort((a, b) => a - b);
  const rows = fields.map((field) => alignedValues(field, timesMs));
  if (isShareOfStack) toShares(rows);
  const tops = topsOf(rows);
  const pointsOf = (row: readonly (number | null)[] | undefined): Point[] =>
    timesMs.map((timeMs, index) => [timeMs, row?.[index] ?? null]);
  return fields.map((field, index) => [
    field,
    {
      field,
      points: pointsOf(rows[index]),
      tops: pointsOf(tops[index]),
      isBar: isBar(field),
      isStacked: true,
      isShareOfStack,
      stackKey: key,
    },
  ]);
}

function alignedValues({ series }: Field, timesMs: readonly number[]): (number | null)[] {
  const values = new Map(series.points);
  return timesMs.map((timeMs) => finite(values.get(timeMs) ?? null));
}

function toShares(rows: (number | null)[][]): void {
  for (let index = 0; index < (rows[0]?.length ?? 0); index++) {
    const total = rows.reduce((sum, row) => sum + Math.abs(row[index] ?? 0), 0);
    for (const row of rows) {
      const value = row[index] ?? null;
      row[index] = value === null ? null : total === 0 ? 0 : value / total;
    }
  }
}

/** Running sums over the rows, those of negative values apart. */
function topsOf(rows: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const count = rows[0]?.length ?? 0;
  const above = new Array<number>(count).fill(0);
  const below = new Array<number>(count).fill(0);
  return rows.map((row) =>
    row.map((value, index) => {
      if (value === null) return null;
      const sums = value < 0 ? below : above;
      return (sums[index] = (sums[index] ?? 0) + value);
    }),
  );
}

/** An endless value has no place on an axis; the tooltip still tells it. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

/** The points with `spanNulls` and `insertNulls` applied. */
export function withNulls(points: readonly Point[], { config }: Field): readonly Point[] {
  const insertMs = customOption<boolean | number>(config, "insertNulls", false);
  const spanMs = customOption<boolean | number>(config, "spanNulls", false);
  const parted = typeof insertMs === "number" ? partedAt(points, insertMs) : points;
  const joined = typeof spanMs === "number" ? joinedBelow(parted, spanMs) : parted;
  const isFine = joined.every(([, value]) => value === finite(value));
  return isFine ? joined : joined.map(([timeMs, value]): Point => [timeMs, finite(value)]);
}

/** A null between two points that are farther apart than `gapMs`. */
function partedAt(points: readonly Point[], gapMs: number): Point[] {
  return points.flatMap((point, index): Point[] => {
    const previous = points[index - 1];
    const isGap = previous !== undefined && point[0] - previous[0] > gapMs;
    return isGap ? [[previous[0] + 1, null], point] : [point];
  });
}

/** Leaves out the nulls between two values that are at most `gapMs` apart. */
function joinedBelow(points: readonly Point[], gapMs: number): Point[] {
  const result: Point[] = [];
  let nulls: Point[] = [];
  for (const point of points) {
    if (point[1] === null) {
      nulls.push(point);
      continue;
    }
    const last = result.at(-1);
    if (last === undefined || point[0] - last[0] > gapMs) result.push(...nulls);
    nulls = [];
    result.push(point);
  }
  return [...result, ...nulls];
}
