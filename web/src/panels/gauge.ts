/** One arc for each series, with its reduced value inside: Grafana's `gauge`. */

import type { GaugeSeriesOption } from "echarts";
import { asText } from "../field/colors";
import { displayColor, displayText, shareOf, thresholdSteps } from "../field/display";
import { reduce } from "../field/reduce";
import { fieldsOf, type Field } from "./fields";
import type { ChartType, Drawing, PanelInput } from "./panel";
import { tileGrid, type Orientation, type Size } from "./tiles";

export const gauge: ChartType = { hasTimeAxis: false, draw };

interface Options {
  orientation?: Orientation;
  reduceOptions?: { calcs?: string[] };
  showThresholdMarkers?: boolean;
  showThresholdLabels?: boolean;
  minVizWidth?: number;
  minVizHeight?: number;
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
  const cells = cellsOf(fields.length, input.size, options);
  return {
    option: {
      animation: false,
      series: fields.flatMap((field, index) =>
        arcs(field, reduce(field.series, calculation), cells[index] ?? NOWHERE, options, input),
      ),
    },
    legend: [],
    values: fields.map(({ series, name, config }) => ({
      name,
      text: displayText(reduce(series, calculation), config),
    })),
  };
}

export interface Cell extends Size {
  x: number;
  y: number;
}

/** Cells for all gauges: the way that "auto" takes has the largest arcs. */
export function cellsOf(count: number, size: Size, options: Options): Cell[] {
  const { orientation = "auto", minVizWidth = 0, minVizHeight = 0 } = options;
  const isLarge = ({ width, height }: Size) => width >= minVizWidth && height >= minVizHeight;
  // Arcs that are too small are worse than any that are not.
  const goodness = (tile: Size): number => radiusIn(tile) - (isLarge(tile) ? 0 : size.width);
  const { columns, tile } = tileGrid(count, size, orientation, goodness);
  return Array.from({ length: count }, (_, index) => ({
    ...tile,
    x: (index % columns) * tile.width,
    y: Math.floor(index / columns) * tile.height,
  }));
}

const NOWHERE: Cell = { x: 0, y: 0, width: 0, height: 0 };

/** The largest radius whose arc and title fit. */
function radiusIn({ width, height }: Size): number {
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
  const labels = { ...place, ...thresholdLabels(field, radius, input) };
  return [
    { ...place, ...inner, title },
    ...(showsMarkers ? [marker] : []),
    ...(options.showThresholdLabels === true ? [labels] : []),
  ];
}

function valueArc(field: Field, value: number | null, radius: number, { theme }: PanelInput) {
  const color = displayColor(value, field, theme);
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
      color: asText(color, theme),
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
  const color = steps.map((step, index): [number, string] => [
    shareOf(steps[index + 1]?.value ?? bounds.max, bounds),
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

/** The thresholds' values inside the arc, each where its colour begins. */
function thresholdLabels({ config, bounds }: Field, radius: number, { theme }: PanelInput) {
  const steps = thresholdSteps(config, bounds, theme).filter(
    ({ value }) => value > bounds.min && value < bounds.max,
  );
  const data = steps.map(({ value, color }) => {
    const degrees = START_ANGLE + (END_ANGLE - START_ANGLE) * shareOf(value, bounds);
    const [x, y] = [Math.cos, Math.sin].map((turn) => turn((degrees * Math.PI) / 180));
    const offsetCenter = [0.6 * radius * (x ?? 0), -0.6 * radius * (y ?? 0)];
    const text = displayText(value, { ...config, mappings: [] });
    const detail = { formatter: () => text, offsetCenter, color: asText(color, theme) };
    return { value, detail: { ...detail, fontSize: 11, fontFamily: theme.fontFamily } };
  });
  return {
    radius,
    axisLine: { show: false },
    title: { show: false },
    progress: { show: false },
    data,
  };
}
