/** One arc for each series, with its reduced value inside: Grafana's `gauge`. */

import type { GaugeSeriesOption } from "echarts";
import { displayColor, displayText, thresholdSteps } from "../field/display";
import { reduce } from "../field/reduce";
import { fieldsOf, type Field } from "./fields";
import type { Drawing, PanelInput, PanelType } from "./panel";

export const gauge: PanelType = { hasTimeAxis: false, draw };

interface Options {
  orientation?: "auto" | "horizontal" | "vertical";
  reduceOptions?: { calcs?: string[] };
  showThresholdMarkers?: boolean;
}

const TITLE_PIXELS = 26;
const START_ANGLE = 205;
const END_ANGLE = -25;
/** How far the arc's ends reach below its middle, in radii: the sine of 25 degrees. */
const BELOW_MIDDLE = 0.43;

function draw(input: PanelInput): Drawing {
  const options = (input.panel.options ?? {}) as Options;
  const calculation = options.reduceOptions?.calcs?.[0] ?? "lastNotNull";
  const fields = fieldsOf(input);
  const cells = cellsOf(fields.length, input.size, options.orientation ?? "auto");
  return {
    option: {
      animation: false,
      series: fields.flatMap((field, index) =>
        arcs(field, reduce(field.series, calculation), cells[index] ?? WHOLE, options, input),
      ),
    },
    legend: [],
    values: fields.map(({ series, name, config }) => ({
      name,
      text: displayText(reduce(series, calculation), config),
    })),
  };
}

export interface Cell {
  x: number;
  y: number;
  width: number;
  height: number;
}

const WHOLE: Cell = { x: 0, y: 0, width: 0, height: 0 };

/** Cells side by side or one below the other; "auto" takes the way with the larger arcs. */
export function cellsOf(
  count: number,
  { width, height }: PanelInput["size"],
  orientation: "auto" | "horizontal" | "vertical",
): Cell[] {
  const beside = { width: width / count, height };
  const below = { width, height: height / count };
  const isBeside =
    orientation === "vertical" || (orientation === "auto" && radiusIn(beside) >= radiusIn(below));
  const cell = isBeside ? beside : below;
  return Array.from({ length: count }, (_, index) => ({
    ...cell,
    x: isBeside ? index * cell.width : 0,
    y: isBeside ? 0 : index * cell.height,
  }));
}

/** The largest radius whose arc and title fit. */
function radiusIn({ width, height }: Pick<Cell, "width" | "height">): number {
  const byHeight = (height - TITLE_PIXELS - 8) / (1 + BELOW_MIDDLE);
  return Math.max(10, Math.min(width / 2 - 12, byHeight));
}

function arcs(
  field: Field,
  value: number | null,
  cell: Cell,
  options: Options,
  input: PanelInput,
): GaugeSeriesOption[] {
  const radius = radiusIn(cell);
  const used = radius * (1 + BELOW_MIDDLE) + TITLE_PIXELS;
  const place = {
    type: "gauge" as const,
    center: [cell.x + cell.width / 2, cell.y + (cell.height - used) / 2 + radius],
    startAngle: START_ANGLE,
    endAngle: END_ANGLE,
    min: field.bounds.min,
    max: field.bounds.max,
    silent: true,
    pointer: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { show: false },
  };
  const showsMarkers = options.showThresholdMarkers ?? true;
  const inner = valueArc(field, value, showsMarkers ? radius * 0.93 : radius, input);
  const title = { ...inner.title, offsetCenter: [0, radius * BELOW_MIDDLE + TITLE_PIXELS / 2] };
  const marker = { ...place, ...thresholdArc(field, radius, input) };
  return [{ ...place, ...inner, title }, ...(showsMarkers ? [marker] : [])];
}

function valueArc(field: Field, value: number | null, radius: number, { theme }: PanelInput) {
  const color = displayColor(value, field.config, field.index, field.bounds, theme);
  const width = radius * 0.22;
  const text = displayText(value, field.config);
  return {
    radius,
    name: field.name,
    progress: { show: value !== null, width, itemStyle: { color } },
    axisLine: { lineStyle: { width, color: [[1, theme.track] as [number, string]] } },
    title: {
      color: theme.text,
      fontFamily: theme.fontFamily,
      fontSize: 13,
      width: 2 * radius,
      overflow: "truncate" as const,
    },
    detail: {
      formatter: () => text,
      color: color === "transparent" ? theme.text : color,
      fontFamily: theme.fontFamily,
      fontSize: Math.min(48, Math.max(14, (radius * 1.1) / Math.max(2, text.length * 0.6))),
      fontWeight: 500 as const,
      offsetCenter: [0, 0],
    },
    data: [{ value: value ?? field.bounds.min, name: field.name }],
  };
}

/** A thin arc around the gauge in the colours of the thresholds. */
function thresholdArc({ config, bounds }: Field, radius: number, { theme }: PanelInput) {
  const steps = thresholdSteps(config, bounds, theme);
  const share = (value: number): number =>
    Math.min(1, Math.max(0, (value - bounds.min) / (bounds.max - bounds.min)));
  const color = steps.map((step, index): [number, string] => [
    share(steps[index + 1]?.value ?? bounds.max),
    step.color,
  ]);
  const lineStyle = { width: Math.max(2, radius * 0.04), color };
  return {
    radius,
    axisLine: { lineStyle },
    detail: { show: false },
    title: { show: false },
    data: [],
  };
}
