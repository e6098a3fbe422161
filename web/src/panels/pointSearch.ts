/** Finds points by time. Pointers move often, so nothing here looks at all points. */

import type { Point } from "../query/series";

/** The index of the first element that starts after `timeMs`. */
export function indexAfter<Element>(
  elements: readonly Element[],
  timeMs: number,
  startOf: (element: Element) => number,
): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const element = elements[middle];
    if (element !== undefined && startOf(element) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

const timeOf = (point: Point): number => point[0];

/** The point that is nearest in time. */
export function nearestPoint(points: readonly Point[], timeMs: number): Point | undefined {
  const after = indexAfter(points, timeMs, timeOf);
  const [before, next] = [points[after - 1], points[after]];
  if (before === undefined || next === undefined) return before ?? next;
  return timeMs - before[0] <= next[0] - timeMs ? before : next;
}

/** The point at exactly `timeMs`. */
export function pointAt(points: readonly Point[], timeMs: number): Point | undefined {
  const point = points[indexAfter(points, timeMs, timeOf) - 1];
  return point?.[0] === timeMs ? point : undefined;
}
