/** Which rows there are, and in which order. */

import { lengthOf, pick, type Cell, type Frame } from "./frame";

interface SortOptions {
  sort?: { field?: string; desc?: boolean }[];
}

/** Rows by one column, as in Grafana; frames without that column stay as they are. */
export function sortBy(frames: readonly Frame[], { sort = [] }: SortOptions): Frame[] {
  const { field, desc = false } = sort[0] ?? {};
  return frames.map((frame) => {
    const values = frame.columns.find(({ name }) => name === field)?.values;
    if (values === undefined) return frame;
    const places = values.map((_, place) => place);
    places.sort((a, b) => {
      const order = compareCells(values[a] ?? null, values[b] ?? null);
      return desc ? -order : order;
    });
    return withRows(frame, places);
  });
}

/** Numbers by size, words by the alphabet, nothing first. */
function compareCells(a: Cell, b: Cell): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/** At most so many rows, from the top. */
export function limit(
  frames: readonly Frame[],
  { limitField = 10 }: { limitField?: number | string },
): Frame[] {
  return frames.map((frame) => {
    const count = Math.min(Number(limitField), lengthOf(frame));
    return withRows(
      frame,
      Array.from({ length: count }, (_, place) => place),
    );
  });
}

function withRows(frame: Frame, places: readonly number[]): Frame {
  return { ...frame, columns: frame.columns.map((column) => pick(column, places)) };
}
