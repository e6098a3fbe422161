/** The order of rows that a person chose by a click on a column's heading. */

export interface Sort<Column> {
  column: Column;
  isDescending: boolean;
}

/** Descending first, then ascending, then as the rows come, as in Grafana. */
export function afterSortClick<Column>(
  sort: Sort<Column> | undefined,
  column: Column,
): Sort<Column> | undefined {
  if (sort?.column !== column) return { column, isDescending: true };
  return sort.isDescending ? { column, isDescending: false } : undefined;
}

export function ariaSort<Column>(sort: Sort<Column> | undefined, column: Column): string {
  if (sort?.column !== column) return "none";
  return sort.isDescending ? "descending" : "ascending";
}

/** A copy in order; equal rows keep theirs, and rows without a value come last. */
export function sorted<Row, Column>(
  rows: readonly Row[],
  sort: Sort<Column> | undefined,
  valueOf: (row: Row, column: Column) => number | string | null,
): Row[] {
  if (sort === undefined) return [...rows];
  const { column, isDescending } = sort;
  return rows.toSorted((a, b) => {
    const [left, right] = [valueOf(a, column), valueOf(b, column)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return isDescending ? -compare(left, right) : compare(left, right);
  });
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}
