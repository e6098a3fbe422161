/** The time axis and the grid that graphs over time share. */

import type { TimeRange } from "../api/prometheus";
import type { ChartTheme } from "../field/colors";
import { formatClock } from "../query/clock";
import type { Pointer } from "./panel";

const PIXELS_PER_TICK = 90;

/** An x axis over exactly the chosen range. */
export function timeAxis(range: TimeRange, widthPixels: number, theme: ChartTheme) {
  const spanMs = range.toMs - range.fromMs;
  return {
    type: "time" as const,
    min: range.fromMs,
    max: range.toMs,
    splitNumber: Math.max(2, Math.floor(widthPixels / PIXELS_PER_TICK)),
    axisLine: { show: false },
    axisTick: { show: true, length: 4, lineStyle: { color: theme.gridLine } },
    axisLabel: {
      color: theme.mutedText,
      fontFamily: theme.fontFamily,
      fontSize: 12,
      hideOverlap: true,
      formatter: (timeMs: number) => formatClock(timeMs, spanMs),
    },
    splitLine: { show: true, lineStyle: { color: theme.gridLine, width: 1 } },
  };
}

/** The grid, with its labels inside the given margins. */
export function grid(left = 8) {
  return {
    left,
    right: 16,
    top: 10,
    bottom: 4,
    outerBoundsMode: "same" as const,
    outerBoundsContain: "axisLabel" as const,
  };
}

/** What a tooltip lists: all series while the pointer is over another graph, as Grafana does. */
export function tooltipMode({ y }: Pointer, configured = "single"): string {
  return configured !== "none" && Number.isNaN(y) ? "multi" : configured;
}
