/** What a graph tells of the instant under the pointer. */

import { displayText } from "../field/display";
import { isHiddenFrom } from "./fields";
import type { PanelInput, Pointer, Tooltip } from "./panel";
import { nearestPoint, pointAt } from "./pointSearch";
import type { Plotted } from "./stacking";
import { tooltipMode } from "./timeAxis";
import { heightOn, type ValueAxis } from "./valueAxes";

interface Options {
  mode?: "single" | "multi" | "none";
  sort?: "none" | "asc" | "desc";
  hideZeros?: boolean;
}

interface Found {
  plot: Plotted;
  value: number;
  /** From the pointer, in heights of the plot. */
  distance: number;
}

export function graphTooltip(
  pointer: Pointer,
  axes: readonly ValueAxis[],
  input: PanelInput,
): Tooltip | null {
  const options = (input.panel.options?.tooltip ?? {}) as Options;
  const { sort = "none" } = options;
  const mode = tooltipMode(pointer, options.mode);
  const timeMs = nearestTimeMs(axes, pointer.timeMs);
  if (mode === "none" || timeMs === undefined) return null;
  const found = foundAt(timeMs, pointer, axes, input, options.hideZeros ?? false);
  const nearest = nearestOf(found);
  const listed = mode === "single" ? found.filter((one) => one === nearest) : found;
  if (sort === "desc") listed.sort((a, b) => b.value - a.value);
  if (sort === "asc") listed.sort((a, b) => a.value - b.value);
  const rows = listed.map((one) => ({
    name: one.plot.field.name,
    text: displayText(one.value, one.plot.field.config),
    color: one.plot.field.color,
    isNearest: mode === "multi" && one === nearest,
  }));
  return rows.length === 0 ? null : { timeMs, rows };
}

/** The values of that instant, in the order of the series. */
function foundAt(
  timeMs: number,
  pointer: Pointer,
  axes: readonly ValueAxis[],
  { series }: PanelInput,
  hidesZeros: boolean,
): Found[] {
  const first = axes[0];
  const height = first === undefined ? NaN : heightOn(first, pointer.y);
  const found = axes.flatMap((axis) =>
    axis.plots.flatMap((plot): Found[] => {
      const value = pointAt(plot.field.series.points, timeMs)?.[1] ?? null;
      const isLeftOut = isHiddenFrom(plot.field.config, "tooltip") || (hidesZeros && value === 0);
      if (value === null || isLeftOut) return [];
      const top = pointAt(plot.tops, timeMs)?.[1] ?? value;
      return [{ plot, value, distance: Math.abs(heightOn(axis, top) - height) }];
    }),
  );
  if (axes.length === 1) return found;
  return found.sort((a, b) => placeIn(series, a) - placeIn(series, b));
}

function placeIn(series: PanelInput["series"], { plot }: Found): number {
  return series.indexOf(plot.field.series);
}

function nearestOf(found: readonly Found[]): Found | undefined {
  // Without a height of the pointer, over another graph, nothing is near.
  const [first, ...others] = found.filter(({ distance }) => !Number.isNaN(distance));
  return others.reduce((best, one) => (one.distance < (best?.distance ?? 0) ? one : best), first);
}

/** The time of the nearest point of any series. */
function nearestTimeMs(axes: readonly ValueAxis[], timeMs: number): number | undefined {
  let nearestMs: number | undefined;
  for (const { field } of axes.flatMap(({ plots }) => plots)) {
    const candidate = nearestPoint(field.series.points, timeMs)?.[0];
    if (candidate === undefined) continue;
    const isNearer = Math.abs(candidate - timeMs) < Math.abs((nearestMs ?? Infinity) - timeMs);
    if (isNearer) nearestMs = candidate;
  }
  return nearestMs;
}
