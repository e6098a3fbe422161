/** Counts of a histogram's buckets over time, as coloured cells: Grafana's `heatmap`. */

import type { CustomSeriesOption } from "echarts";
import { mixed } from "../field/colorMath";
import { resolveColor, type ChartTheme } from "../field/colors";
import { shareOf, type Bounds } from "../field/display";
import { visibleSchemeColors } from "../field/schemes";
import { formatTick, formatValue } from "../field/units";
import { bucketsOf, knownAt, type Bucket } from "./buckets";
import type { ChartType, Drawing, PanelInput, Pointer, Tooltip } from "./panel";
import { grid, timeAxis } from "./timeAxis";

const PIXELS_PER_LABEL = 20;
const DEFAULT_STEPS = 64;

export const heatmap: ChartType = { hasTimeAxis: true, draw };

interface Options {
  calculate?: boolean;
  color?: ColorOptions;
  yAxis?: {
    unit?: string;
    decimals?: number;
    reverse?: boolean;
    axisPlacement?: string;
    min?: string | number;
    max?: string | number;
  };
  cellGap?: number;
  cellValues?: { unit?: string; decimals?: number };
  filterValues?: { le?: number; ge?: number };
  legend?: { show?: boolean };
  tooltip?: { mode?: string; show?: boolean };
}

interface ColorOptions {
  mode?: "scheme" | "opacity";
  scheme?: string;
  steps?: number;
  reverse?: boolean;
  fill?: string;
  scale?: "linear" | "exponential";
  exponent?: number;
  min?: number;
  max?: number;
}

/** A count of one bucket in one step, which ends at `timeMs`. */
interface Cell {
  row: number;
  timeMs: number;
  count: number;
}

function draw(input: PanelInput): Drawing {
  const options = (input.panel.options ?? {}) as Options;
  if (options.calculate === true) {
    throw new Error(
      "This page draws heatmaps of buckets, not of values that are yet to be counted.",
    );
  }
  const buckets = bucketsOf(input.panel, input.series).filter((one) => isWanted(one, options));
  const cells = cellsOf(buckets, options);
  const colors = colorsOf(options.color ?? {}, input.theme);
  const bounds = countBounds(cells, options.color ?? {});
  const count = (value: number): string => countText(value, options);
  return {
    option: {
      animation: false,
      grid: grid(),
      xAxis: timeAxis(input.range, input.size.width, input.theme),
      yAxis: bucketAxis(buckets, options, input),
      series: [cellSeries(cells, colors, bounds, options.cellGap ?? 1, input)],
    },
    legend: [],
    // Where nothing was counted no colour means anything.
    ...(options.legend?.show === false || cells.length === 0
      ? {}
      : { colorScale: { colors, minText: count(bounds.min), maxText: count(bounds.max) } }),
    values: buckets.map((bucket) => ({
      name: rangeText(bucket, options),
      text: count(bucket.counts.findLast((one) => !Number.isNaN(one)) ?? 0),
    })),
    tooltip: (pointer) => tooltipAt(pointer, buckets, colors, bounds, options, input.stepMs),
  };
}

/** Whether a bucket lies within the ends that the axis may have. */
function isWanted({ lower, upper }: Bucket, { yAxis = {} }: Options): boolean {
  const [min, max] = [yAxis.min, yAxis.max].map((end) => (end === undefined ? NaN : Number(end)));
  const isBelow = min !== undefined && upper <= min;
  const isAbove = max !== undefined && lower >= max;
  return !isBelow && !isAbove;
}

/** The cells that are not filtered out, which is what keeps empty ones off the canvas. */
function cellsOf(buckets: readonly Bucket[], { filterValues = {} }: Options): Cell[] {
  const { le = -Infinity, ge = Infinity } = filterValues;
  const cells: Cell[] = [];
  buckets.forEach(({ timesMs, counts }, row) => {
    timesMs.forEach((timeMs, place) => {
      const count = counts[place] ?? NaN;
      if (count > le && count < ge) cells.push({ row, timeMs, count });
    });
  });
  return cells;
}

function countBounds(cells: readonly Cell[], color: ColorOptions): Bounds {
  const counts = cells.map(({ count }) => count);
  const min = color.min ?? counts.reduce((a, b) => Math.min(a, b), counts[0] ?? 0);
  const max = color.max ?? counts.reduce((a, b) => Math.max(a, b), min);
  return { min, max };
}

/** The colours from the least count to the greatest. */
export function colorsOf(color: ColorOptions, theme: ChartTheme): string[] {
  const { mode, scheme = "Oranges", steps = DEFAULT_STEPS, reverse = false } = color;
  if (mode !== "opacity") return visibleSchemeColors(scheme, steps, reverse, theme);
  const fill = resolveColor(color.fill ?? "dark-orange", theme);
  const exponent = color.scale === "linear" ? 1 : (color.exponent ?? 0.5);
  return Array.from({ length: steps }, (_, step) =>
    mixed(theme.background, fill, (step / Math.max(1, steps - 1)) ** exponent),
  );
}

function colorIndex(count: number, colors: readonly string[], bounds: Bounds): number {
  const share = bounds.max > bounds.min ? shareOf(count, bounds) : 1;
  return Math.min(colors.length - 1, Math.floor(share * colors.length));
}

/** Rows of equal height, with the buckets' bounds at their edges. */
function bucketAxis(buckets: readonly Bucket[], options: Options, { size, theme }: PanelInput) {
  const { reverse = false, axisPlacement = "left" } = options.yAxis ?? {};
  const room = Math.max(1, Math.floor(size.height / PIXELS_PER_LABEL));
  const interval = Math.max(1, Math.ceil(buckets.length / room));
  // The uppermost edge always has a label, which one right below it would run into.
  const hasRoom = (edge: number): boolean =>
    edge === buckets.length || buckets.length - edge >= interval;
  return {
    type: "value" as const,
    show: axisPlacement !== "hidden",
    position: axisPlacement === "right" ? ("right" as const) : ("left" as const),
    inverse: reverse,
    min: 0,
    max: Math.max(1, buckets.length),
    interval,
    axisLabel: {
      color: theme.mutedText,
      fontFamily: theme.fontFamily,
      fontSize: 12,
      hideOverlap: true,
      formatter: (edge: number) => (hasRoom(edge) ? edgeText(edge, buckets, options) : ""),
    },
    splitLine: { show: false },
  };
}

function edgeText(edge: number, buckets: readonly Bucket[], options: Options): string {
  const bucket = buckets[edge - 1];
  if (bucket !== undefined)
    return Number.isNaN(bucket.upper) ? bucket.label : bound(bucket.upper, options);
  const lowest = buckets[0];
  return edge !== 0 || lowest === undefined || Number.isNaN(lowest.lower)
    ? ""
    : bound(lowest.lower, options);
}

function bound(value: number, { yAxis = {} }: Options): string {
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return formatTick(value, yAxis.unit, yAxis.decimals);
}

function rangeText(bucket: Bucket, options: Options): string {
  if (Number.isNaN(bucket.upper)) return bucket.label;
  if (bucket.upper === Infinity) return `> ${bound(bucket.lower, options)}`;
  return `${bound(bucket.lower, options)} – ${bound(bucket.upper, options)}`;
}

/** Increases are fractions, since they are extrapolated to the ends of their window. */
function countText(value: number, { cellValues = {} }: Options): string {
  return formatValue(value, cellValues.unit ?? "short", cellValues.decimals);
}

type RenderItem = NonNullable<CustomSeriesOption["renderItem"]>;

/** One shape for each colour: thousands of cells in a few dozen of them. */
function cellSeries(
  cells: readonly Cell[],
  colors: readonly string[],
  bounds: Bounds,
  gapPixels: number,
  input: PanelInput,
): CustomSeriesOption {
  const byColor = colors.map((): Cell[] => []);
  for (const cell of cells) byColor[colorIndex(cell.count, colors, bounds)]?.push(cell);
  return {
    type: "custom",
    clip: true,
    silent: true,
    data: colors.map((_, index) => [input.range.fromMs, 0, index]),
    renderItem: (parameters, api) => {
      const index = parameters.dataIndex;
      const place = placing(input, gapPixels, api);
      const boxes = (byColor[index] ?? []).map(place);
      // The page registers this shape with ECharts, which its types do not know of.
      return {
        type: "boxes",
        shape: { boxes },
        style: { fill: colors[index] },
      } as unknown as ReturnType<RenderItem>;
    },
  };
}

type Box = [left: number, top: number, width: number, height: number];

/** Where a cell goes: both axes are straight, so two points tell of all. */
function placing(
  { range, stepMs }: PanelInput,
  gapPixels: number,
  api: Parameters<RenderItem>[1],
): (cell: Cell) => Box {
  const [left = 0, foot = 0] = api.coord([range.fromMs, 0]);
  const [right = 0, head = 0] = api.coord([range.toMs, 1]);
  const pixelsPerMs = (right - left) / (range.toMs - range.fromMs);
  const rowPixels = head - foot;
  const width = Math.max(stepMs * pixelsPerMs - gapPixels, 0.5);
  const height = Math.max(Math.abs(rowPixels) - gapPixels, 0.5);
  return ({ row, timeMs }) => {
    const beginning = left + (timeMs - stepMs - range.fromMs) * pixelsPerMs;
    const top = foot + row * rowPixels + Math.min(rowPixels, 0);
    return [beginning + gapPixels / 2, top + gapPixels / 2, width, height];
  };
}

function tooltipAt(
  pointer: Pointer,
  buckets: readonly Bucket[],
  colors: readonly string[],
  bounds: Bounds,
  options: Options,
  stepMs: number,
): Tooltip | null {
  if (options.tooltip?.mode === "none" || options.tooltip?.show === false) return null;
  // Without a height of the pointer, over another graph, all that was counted then is told.
  const isElsewhere = Number.isNaN(pointer.y);
  const row = Math.floor(pointer.y);
  const listed = isElsewhere ? buckets.toReversed() : buckets.slice(row, row + 1);
  const place = columnAt(pointer.timeMs, listed, stepMs);
  const timeMs = listed[0]?.timesMs[place];
  if (timeMs === undefined) return null;
  const rows = listed.flatMap((bucket) => {
    const count = knownAt(bucket.counts, place);
    if (isElsewhere && count === 0) return [];
    const color = colors[colorIndex(count, colors, bounds)] ?? "transparent";
    const name = rangeText(bucket, options);
    return [{ name, text: countText(count, options), color, isNearest: false }];
  });
  return rows.length === 0 ? null : { timeMs, rows };
}

/** The place of the column that holds `timeMs`; -1 where nothing was counted then. */
function columnAt(timeMs: number, buckets: readonly Bucket[], stepMs: number): number {
  const [first] = buckets;
  if (first === undefined) return -1;
  return first.timesMs.findIndex((endMs, place) => {
    const isInside = endMs - stepMs < timeMs && timeMs <= endMs;
    return isInside && buckets.some(({ counts }) => !Number.isNaN(counts[place]));
  });
}
