/** The stretches of time in which a series had one value. */

import type { Point } from "../query/series";
import { indexAfter } from "./pointSearch";

export interface Band {
  fromMs: number;
  toMs: number;
  value: number;
}

/** The bands of points: a point holds until the next, the last one for a step. */
export function bandsOf(
  points: readonly Point[],
  stepMs: number,
  endMs: number,
  merge: boolean,
): Band[] {
  const bands: Band[] = [];
  points.forEach(([fromMs, value], index) => {
    if (value === null) return;
    const toMs = points[index + 1]?.[0] ?? Math.min(fromMs + stepMs, endMs);
    const last = bands.at(-1);
    if (merge && last?.value === value && last.toMs === fromMs) last.toMs = toMs;
    else bands.push({ fromMs, toMs, value });
  });
  return bands;
}

export function bandAt(bands: readonly Band[], timeMs: number): Band | undefined {
  const band = bands[indexAfter(bands, timeMs, ({ fromMs }) => fromMs) - 1];
  return band !== undefined && timeMs < band.toMs ? band : undefined;
}
