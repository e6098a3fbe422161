/** How a panel's area is divided into equal tiles. */

export interface Size {
  width: number;
  height: number;
}

export interface TileGrid {
  columns: number;
  rows: number;
  tile: Size;
}

export type Orientation = "auto" | "horizontal" | "vertical";

/** Side by side ("vertical" tiles), one below the other, or the way that `goodness` likes best. */
export function tileGrid(
  count: number,
  size: Size,
  orientation: Orientation,
  goodness: (tile: Size) => number,
): TileGrid {
  const all = Math.max(1, count);
  if (orientation === "vertical") return gridOf(all, all, size);
  if (orientation === "horizontal") return gridOf(all, 1, size);
  const candidates = Array.from({ length: all }, (_, index) => gridOf(all, index + 1, size));
  return candidates.reduce((best, one) => (goodness(one.tile) > goodness(best.tile) ? one : best));
}

function gridOf(count: number, columns: number, size: Size): TileGrid {
  const rows = Math.ceil(count / columns);
  return { columns, rows, tile: { width: size.width / columns, height: size.height / rows } };
}
