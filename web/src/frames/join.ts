/** Several tables into one. */

import { lengthOf, pick, type Cell, type Column, type Frame } from "./frame";
import { groupBy } from "../query/group";

/** A row of one of the frames: its place there, or no place where the frame has no such row. */
type Places = (number | undefined)[];

/** One table of all rows; those that agree in the columns that frames share become one. */
export function merge(frames: readonly Frame[]): Frame[] {
  const filled = frames.filter((frame) => lengthOf(frame) > 0);
  const [first] = filled;
  if (first === undefined) return frames.slice(0, 1);
  const names = [...new Set(filled.flatMap(({ columns }) => columns.map(({ name }) => name)))];
  const shared = names.filter((name) => filled.filter((frame) => has(frame, name)).length > 1);
  const rows = mergedRows(filled, shared);
  const columns = names.map((name): Column => {
    const model = filled.flatMap((frame) => frame.columns).find((column) => column.name === name);
    const values = rows.map((row) => row.get(name) ?? null);
    return { name, type: model?.type ?? "string", values };
  });
  return [{ refId: first.refId, columns }];
}

function has({ columns }: Frame, name: string): boolean {
  return columns.some((column) => column.name === name);
}

type Row = Map<string, Cell>;

function mergedRows(frames: readonly Frame[], shared: readonly string[]): Row[] {
  const rows: Row[] = [];
  const byKey = new Map<string, Row[]>();
  for (const row of frames.flatMap(rowsOf)) {
    const key = JSON.stringify(shared.map((name) => row.get(name) ?? null));
    const alike = byKey.get(key) ?? [];
    const partner = alike.find((other) => agree(other, row));
    if (partner === undefined) {
      rows.push(row);
      byKey.set(key, [...alike, row]);
    } else {
      for (const [name, value] of row) partner.set(name, value);
    }
  }
  return rows;
}

function rowsOf(frame: Frame): Row[] {
  return Array.from(
    { length: lengthOf(frame) },
    (_, place) => new Map(frame.columns.map(({ name, values }) => [name, values[place] ?? null])),
  );
}

/** Whether no column has two values, so that the rows can be one. */
function agree(one: Row, other: Row): boolean {
  return [...other].every(([name, value]) => !one.has(name) || one.get(name) === value);
}

interface JoinOptions {
  byField?: string;
  mode?: "outer" | "outerTabular" | "inner";
}

/** A row for each value of a column that every frame has; its own columns follow side by side. */
export function joinByField(frames: readonly Frame[], options: JoinOptions): Frame[] {
  const byField = options.byField ?? "Time";
  const joined = frames.filter((frame) => has(frame, byField));
  const [first] = joined;
  if (first === undefined) return [...frames];
  const keys = joined.map((frame) => placesByKey(frame, byField));
  const values = [...new Set(keys.flatMap((places) => [...places.keys()]))];
  const isKept = (value: Cell): boolean =>
    options.mode !== "inner" || keys.every((places) => places.has(value));
  const rows = values.filter(isKept);
  const isTime = first.columns.find(({ name }) => name === byField)?.type === "time";
  if (isTime) rows.sort((a, b) => Number(a) - Number(b));
  const others = joined.flatMap((frame, index) => {
    const places: Places = rows.map((value) => keys[index]?.get(value));
    const columns = frame.columns.filter(({ name }) => name !== byField);
    return columns.map((column) => pick(column, places));
  });
  const key: Column = { name: byField, type: isTime ? "time" : "string", values: rows };
  return [{ refId: first.refId, columns: [typed(key, first), ...withNumbers(others)] }];
}

function typed(key: Column, { columns }: Frame): Column {
  const model = columns.find(({ name }) => name === key.name);
  return { ...key, type: model?.type ?? key.type };
}

/** The first row of each value. */
function placesByKey({ columns }: Frame, byField: string): Map<Cell, number> {
  const values = columns.find(({ name }) => name === byField)?.values ?? [];
  const places = new Map<Cell, number>();
  values.forEach((value, place) => {
    if (value !== null && !places.has(value)) places.set(value, place);
  });
  return places;
}

/** Columns of one name get a number each, as in Grafana: `Time 1`, `Time 2`. */
function withNumbers(columns: readonly Column[]): Column[] {
  const groups = groupBy(columns, ({ name }) => name);
  return columns.map((column) => {
    const alike = groups.get(column.name) ?? [];
    const number = alike.length > 1 ? ` ${alike.indexOf(column) + 1}` : "";
    return { ...column, name: column.name + number };
  });
}
