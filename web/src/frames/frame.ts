/** Query results as tables of columns, which is what Grafana's transformations work on. */

import type { LabelSet } from "../api/prometheus";
import type { Target } from "../dashboard/model";
import { presentPoints, type Series } from "../query/series";

export type Cell = number | string | null;

export interface Column {
  name: string;
  type: "number" | "string" | "time";
  values: Cell[];
  /** Of the series that the values are of. */
  labels?: LabelSet;
}

export interface Frame {
  refId: string;
  /** All of the same length. */
  columns: Column[];
}

export function lengthOf({ columns }: Frame): number {
  return columns[0]?.values.length ?? 0;
}

/** A table for each target of format `table`, and one for each series of any other. */
export function framesOf(targets: readonly Target[], series: readonly Series[]): Frame[] {
  const shown = targets.filter(({ hide }) => hide !== true);
  const tables = shown.filter(({ format }) => format === "table");
  return shown.flatMap((target) => {
    const own = series.filter(({ refId }) => refId === target.refId);
    if (target.format !== "table") return own.map(seriesFrame);
    return [tableFrame(target.refId, own, tables.length > 1 ? `Value #${target.refId}` : "Value")];
  });
}

function seriesFrame({ refId, name, labels, points }: Series): Frame {
  return {
    refId,
    columns: [
      { name: "Time", type: "time", values: points.map(([timeMs]) => timeMs) },
      { name, type: "number", values: points.map(([, value]) => value), labels },
    ],
  };
}

/** A row for each sample: time, the labels by name, value. */
function tableFrame(refId: string, series: readonly Series[], valueName: string): Frame {
  const names = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const rows = series.flatMap((one) =>
    presentPoints(one).map(([timeMs, value]) => ({ labels: one.labels, timeMs, value })),
  );
  const labelColumns = names.map((name): Column => {
    // A bucket's bound is a number, and sorts like one.
    const isBound = name === "le";
    const values = rows.map(({ labels }) => labels[name] ?? null);
    return isBound
      ? { name, type: "number", values: values.map(boundOf) }
      : { name, type: "string", values };
  });
  return {
    refId,
    columns: [
      { name: "Time", type: "time", values: rows.map(({ timeMs }) => timeMs) },
      ...labelColumns,
      { name: valueName, type: "number", values: rows.map(({ value }) => value) },
    ],
  };
}

function boundOf(text: string | null): number | null {
  return text === null ? null : Number(text.replace("Inf", "Infinity"));
}

/** The column with its values at these places. */
export function pick(column: Column, places: readonly (number | undefined)[]): Column {
  const values = places.map((place) =>
    place === undefined ? null : (column.values[place] ?? null),
  );
  return { ...column, values };
}
