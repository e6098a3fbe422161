/** Lines, bars or points over time: Grafana's `timeseries`. */

import type { BarSeriesOption, LineSeriesOption } from "echarts";
import { displayText, thresholdSteps } from "../field/display";
import { formatTick } from "../field/units";
import type { Point } from "../query/series";
import {
  customOption,
  fieldsOf,
  lastValues,
  legendOf,
  nearestPoint,
  visibleFields,
  type Field,
} from "./fields";
import type { Drawing, PanelInput, PanelType, Pointer, Tooltip, TooltipRow } from "./panel";
import { grid, timeAxis, tooltipMode } from "./timeAxis";

const PIXELS_PER_TICK = 42;
/** From this distance on points are drawn on the line, as Grafana's "auto" does. */
const POINT_DISTANCE_PIXELS = 24;

/** Grafana says which of two points the line keeps level with, ECharts where it jumps. */
const STEPS: ReadonlyMap<string, "start" | "end"> = new Map([
  ["stepBefore", "start"],
  ["stepAfter", "end"],
]);

export const timeseries: PanelType = { hasTimeAxis: true, draw };

function draw(input: PanelInput): Drawing {
  const fields = fieldsOf(input);
  const shown = visibleFields(fields, input);
  return {
    option: {
      animation: false,
      grid: grid(),
      xAxis: timeAxis(input.range, input.size.width, input.theme),
      yAxis: valueAxis(shown, input),
      series: shown.map((field, position) => ({
        ...drawnSeries(field, input),
        ...(position === 0 ? thresholdMarks(field, input) : {}),
      })),
    },
    legend: legendOf(fields, input),
    values: lastValues(fields),
    tooltip: (pointer) => tooltipAt(pointer, shown, input),
  };
}

function valueAxis(fields: readonly Field[], { panel, size, theme }: PanelInput) {
  const config = fields[0]?.config ?? panel.fieldConfig?.defaults ?? {};
  return {
    type: "value" as const,
    name: customOption<string>(config, "axisLabel", ""),
    min: config.min ?? undefined,
    max: config.max ?? undefined,
    // Without values ECharts would draw an axis of its own invention.
    scale: config.min === undefined,
    minInterval: config.decimals === 0 ? 1 : 0,
    splitNumber: Math.max(2, Math.floor(size.height / PIXELS_PER_TICK)),
    axisLabel: {
      color: theme.mutedText,
      fontFamily: theme.fontFamily,
      fontSize: 12,
      formatter: (value: number) => formatTick(value, config.unit, config.decimals),
    },
    splitLine: { lineStyle: { color: theme.gridLine, width: 1 } },
  };
}

function drawnSeries(field: Field, input: PanelInput): LineSeriesOption | BarSeriesOption {
  const stacking = customOption(field.config, "stacking", { mode: "none" });
  const common = {
    name: field.name,
    color: field.color,
    stack: stacking.mode === "normal" ? "all" : undefined,
    silent: true,
  };
  if (customOption<string>(field.config, "drawStyle", "line") === "bars") {
    const opacity = customOption(field.config, "fillOpacity", 0) / 100;
    const data = field.series.points.map(([timeMs, value]) => [timeMs, value]);
    return { ...common, type: "bar", data, itemStyle: { opacity } };
  }
  return { ...common, ...lineOf(field, input) };
}

function lineOf(field: Field, input: PanelInput): LineSeriesOption {
  const { config } = field;
  const interpolation = customOption<string>(config, "lineInterpolation", "linear");
  const isPointsOnly = customOption<string>(config, "drawStyle", "line") === "points";
  return {
    type: "line",
    data: pointsOf(field, input),
    symbol: "circle",
    showAllSymbol: true,
    smooth: interpolation === "smooth" ? 0.3 : false,
    step: STEPS.get(interpolation) ?? false,
    connectNulls: customOption(config, "spanNulls", false),
    lineStyle: { width: isPointsOnly ? 0 : customOption(config, "lineWidth", 1) },
    areaStyle: { opacity: isPointsOnly ? 0 : customOption(config, "fillOpacity", 0) / 100 },
    emphasis: { disabled: true },
  };
}

/** Data with a visible point where the configuration asks for one, or where no line would show it. */
function pointsOf(field: Field, input: PanelInput) {
  const { points } = field.series;
  const size = customOption(field.config, "pointSize", 5);
  const always = showsEveryPoint(field, input);
  return points.map(([timeMs, value], index) => ({
    value: [timeMs, value],
    symbolSize: always || isAlone(points, index) ? size : 0,
  }));
}

function showsEveryPoint(field: Field, { range, stepMs, size }: PanelInput): boolean {
  const mode = customOption<string>(field.config, "showPoints", "auto");
  const pixelsPerStep = (size.width * stepMs) / (range.toMs - range.fromMs);
  const isDrawnAsPoints = customOption<string>(field.config, "drawStyle", "line") === "points";
  return (
    isDrawnAsPoints ||
    mode === "always" ||
    (mode === "auto" && pixelsPerStep >= POINT_DISTANCE_PIXELS)
  );
}

function isAlone(points: readonly Point[], index: number): boolean {
  return (points[index - 1]?.[1] ?? null) === null && (points[index + 1]?.[1] ?? null) === null;
}

/** The threshold lines or areas of the panel, hung on its first series. */
function thresholdMarks({ config, bounds }: Field, { theme }: PanelInput) {
  const { mode } = customOption(config, "thresholdsStyle", { mode: "off" });
  if (mode === "off") return {};
  const steps = thresholdSteps(config, bounds, theme);
  const type = mode.startsWith("dashed") ? ("dashed" as const) : ("solid" as const);
  const lines = steps.filter(({ value }) => Number.isFinite(value));
  const areas = steps.map(({ value, color }, index) => [
    { yAxis: Number.isFinite(value) ? value : undefined, itemStyle: { color, opacity: 0.1 } },
    { yAxis: steps[index + 1]?.value },
  ]);
  return {
    markLine: {
      silent: true,
      symbol: "none",
      label: { show: false },
      data:
        mode === "area"
          ? []
          : lines.map(({ value, color }) => ({
              yAxis: value,
              lineStyle: { color, type, width: 1.5 },
            })),
    },
    markArea: { silent: true, data: mode.includes("area") ? areas : [] },
  } as Pick<LineSeriesOption, "markLine" | "markArea">;
}

function tooltipAt(pointer: Pointer, fields: readonly Field[], input: PanelInput): Tooltip | null {
  const options = (input.panel.options?.tooltip ?? {}) as { mode?: string; sort?: string };
  const { sort = "none" } = options;
  const mode = tooltipMode(pointer, options.mode);
  const timeMs = nearestTimeMs(fields, pointer.timeMs);
  if (mode === "none" || timeMs === undefined) return null;
  const found = fields.flatMap((field) => {
    const value = field.series.points.find((point) => point[0] === timeMs)?.[1] ?? null;
    return value === null ? [] : [{ field, value }];
  });
  const distances = found.map(({ value }) => Math.abs(value - pointer.y));
  const nearest = found[distances.indexOf(Math.min(...distances))];
  const listed = mode === "single" ? found.filter((one) => one === nearest) : found;
  if (sort === "desc") listed.sort((a, b) => b.value - a.value);
  if (sort === "asc") listed.sort((a, b) => a.value - b.value);
  const rows = listed.map(({ field, value }, index): TooltipRow => ({
    name: field.name,
    text: displayText(value, field.config),
    color: field.color,
    isNearest: mode === "multi" && listed[index] === nearest,
  }));
  return rows.length === 0 ? null : { timeMs, rows };
}

/** The time of the nearest point of any series. */
function nearestTimeMs(fields: readonly Field[], timeMs: number): number | undefined {
  const candidates = fields.flatMap(({ series }) => {
    const point = nearestPoint(series.points, timeMs);
    return point === undefined ? [] : [point];
  });
  return nearestPoint(candidates, timeMs)?.[0];
}
