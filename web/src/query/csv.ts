/** Series as CSV by RFC 4180, safe to open in a spreadsheet. */

import { presentPoints, type Series } from "./series";

/** `joined` has a row for each time and a column for each series; `listed` a row for each sample. */
export type Layout = "joined" | "listed";

export interface Table {
  header: string[];
  /** Cells are texts that come from label values, or numbers and times in text. */
  rows: string[][];
}

export function csvOf(series: readonly Series[], layout: Layout): string {
  const { header, rows } = tableOf(series, layout);
  return [header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** The header's texts are label values, made harmless; a listed row begins with such a text. */
export function tableOf(series: readonly Series[], layout: Layout): Table {
  return layout === "joined" ? joined(series) : listed(series);
}

function joined(series: readonly Series[]): Table {
  const columns = series.map((one) => new Map(presentPoints(one)));
  const times = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  return {
    header: ["time", ...series.map(({ name }) => harmless(name))],
    rows: times.map((timeMs) => [
      isoTime(timeMs),
      ...columns.map((column) => number(column.get(timeMs))),
    ]),
  };
}

function listed(series: readonly Series[]): Table {
  return {
    header: ["series", "time", "value"],
    rows: series.flatMap((one) =>
      presentPoints(one).map(([timeMs, value]) => [
        harmless(one.name),
        isoTime(timeMs),
        number(value),
      ]),
    ),
  };
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function number(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

/** A spreadsheet would run a text that begins like a formula; an apostrophe makes it text. */
function harmless(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
