/** Where in its element a graph over time is plotted, read once a drawing. */

import type { EChartsOption } from "echarts";
import type { TimeRange } from "../api/prometheus";
import type { ECharts } from "./echarts";

/** In pixels of the chart's element. */
export interface Plot {
  left: number;
  right: number;
  top: number;
  bottom: number;
  range: TimeRange;
}

/** Undefined while the element is too small to plot in. */
export function plotOf(
  instance: ECharts,
  { xAxis }: EChartsOption,
  { height }: { height: number },
): Plot | undefined {
  const { min: fromMs, max: toMs } = xAxis as { min: number; max: number };
  const [left, right] = [fromMs, toMs].map((timeMs) =>
    instance.convertToPixel({ xAxisIndex: 0 }, timeMs),
  );
  if (left === undefined || right === undefined || !(left < right)) return undefined;
  const middle = (left + right) / 2;
  const isInside = (y: number): boolean => instance.containPixel("grid", [middle, y]);
  const rows = Array.from({ length: Math.ceil(height) }, (_, y) => y);
  const top = rows.find(isInside);
  const bottom = rows.findLast(isInside);
  if (top === undefined || bottom === undefined) return undefined;
  return { left, right, top, bottom, range: { fromMs, toMs } };
}

export function xOf({ left, right, range }: Plot, timeMs: number): number {
  return left + ((timeMs - range.fromMs) / (range.toMs - range.fromMs)) * (right - left);
}

/** The time at a pixel, cut to the ends of the plot. */
export function timeAt({ left, right, range }: Plot, x: number): number {
  const share = Math.min(1, Math.max(0, (x - left) / (right - left)));
  return range.fromMs + share * (range.toMs - range.fromMs);
}
