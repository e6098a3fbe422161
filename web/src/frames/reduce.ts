/** Columns into numbers, and series into rows. */

import { calculationTitle, reduce } from "../field/reduce";
import type { Cell, Column, Frame } from "./frame";

interface ReduceOptions {
  reducers?: string[];
  mode?: "seriesToRows" | "reduceFields";
  labelsToFields?: boolean;
  includeTimeField?: boolean;
}

/** A row for each column of numbers, or the same columns with one row. */
export function reduceFrames(frames: readonly Frame[], options: ReduceOptions): Frame[] {
  const calculations = options.reducers ?? ["max"];
  if (options.mode === "reduceFields") {
    return frames.map((frame) => ({
      ...frame,
      columns: numbersOf(frame).map((column) => ({
        ...column,
        values: [calculate(column, calculations[0] ?? "lastNotNull")],
      })),
    }));
  }
  const columns = frames.flatMap(numbersOf);
  const labels = options.labelsToFields === true ? labelColumns(columns) : [];
  const results = calculations.map((calculation): Column => ({
    name: calculationTitle(calculation),
    type: "number",
    values: columns.map((column) => calculate(column, calculation)),
  }));
  const names: Column = { name: "Field", type: "string", values: columns.map(({ name }) => name) };
  return [{ refId: frames[0]?.refId ?? "A", columns: [names, ...labels, ...results] }];
}

function numbersOf({ columns }: Frame): Column[] {
  return columns.filter(({ type }) => type === "number");
}

function calculate({ name, values }: Column, calculation: string): number | null {
  const points = values.map((value, place) => [place, typeof value === "number" ? value : null]);
  return reduce(
    { name, refId: "", labels: {}, points: points as [number, number | null][] },
    calculation,
  );
}

function labelColumns(columns: readonly Column[]): Column[] {
  const names = [...new Set(columns.flatMap(({ labels }) => Object.keys(labels ?? {})))].sort();
  return names.map((name) => ({
    name,
    type: "string",
    values: columns.map(({ labels }) => labels?.[name] ?? null),
  }));
}

/** All samples of all series in one table, the latest first. */
export function seriesToRows(frames: readonly Frame[]): Frame[] {
  const rows = frames.flatMap((frame) => {
    const times = frame.columns.find(({ type }) => type === "time")?.values ?? [];
    return numbersOf(frame).flatMap(({ name, values }) =>
      values.map((value, place): [Cell, string, Cell] => [times[place] ?? null, name, value]),
    );
  });
  rows.sort(([a], [b]) => Number(b) - Number(a));
  return [
    {
      refId: frames[0]?.refId ?? "A",
      columns: [
        { name: "Time", type: "time", values: rows.map(([timeMs]) => timeMs) },
        { name: "Metric", type: "string", values: rows.map(([, name]) => name) },
        { name: "Value", type: "number", values: rows.map(([, , value]) => value) },
      ],
    },
  ];
}
