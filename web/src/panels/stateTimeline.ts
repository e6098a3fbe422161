/** One band for each series, cut where its value changes: Grafana's `state-timeline`. */

import type { CustomSeriesOption } from "echarts";
import { readableOn } from "../field/colors";
import { displayColor, displayText } from "../field/display";
import type { Series } from "../query/series";
import { customOption, fieldsOf, lastValues, legendOf, visibleFields, type Field } from "./fields";
import type { Drawing, PanelInput, PanelType, Pointer, Tooltip } from "./panel";
import { grid, timeAxis, tooltipMode } from "./timeAxis";

const LABEL_PADDING_PIXELS = 6;
/** A little more than the width of a digit, so that a label that is drawn fits. */
const CHARACTER_PIXELS = 7.5;

export const stateTimeline: PanelType = { hasTimeAxis: true, draw };

interface Options {
  showValue?: "auto" | "always" | "never";
  alignValue?: "left" | "center" | "right";
  rowHeight?: number;
  mergeValues?: boolean;
  tooltip?: { mode?: string };
}

/** A stretch of time in which the series had one value. */
export interface Band {
  fromMs: number;
  toMs: number;
  value: number;
}

/** The bands of a series: a point holds until the next, the last one for a step. */
export function bandsOf(series: Series, stepMs: number, endMs: number, merge: boolean): Band[] {
  const bands: Band[] = [];
  series.points.forEach(([fromMs, value], index) => {
    if (value === null) return;
    const toMs = series.points[index + 1]?.[0] ?? Math.min(fromMs + stepMs, endMs);
    const last = bands.at(-1);
    if (merge && last?.value === value && last.toMs === fromMs) last.toMs = toMs;
    else bands.push({ fromMs, toMs, value });
  });
  return bands;
}

function draw(input: PanelInput): Drawing {
  const options = (input.panel.options ?? {}) as Options;
  const fields = fieldsOf(input);
  const shown = visibleFields(fields, input);
  const bands = shown.map(({ series }) =>
    bandsOf(series, input.stepMs, input.range.toMs, options.mergeValues ?? true),
  );
  return {
    option: {
      animation: false,
      grid: grid(),
      xAxis: timeAxis(input.range, input.size.width, input.theme),
      yAxis: rowAxis(shown, input),
      series: shown.map((field, row) => bandSeries(field, row, bands[row] ?? [], options, input)),
    },
    legend: legendOf(fields, input),
    values: lastValues(fields),
    tooltip: (pointer) => tooltipAt(pointer, shown, bands, options, input),
  };
}

function rowAxis(fields: readonly Field[], { size, theme }: PanelInput) {
  return {
    type: "category" as const,
    inverse: true,
    data: fields.map(({ name }) => name),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      color: theme.mutedText,
      fontFamily: theme.fontFamily,
      fontSize: 12,
      interval: 0,
      width: Math.min(140, size.width / 3),
      overflow: "truncate" as const,
    },
    splitLine: { show: false },
  };
}

function bandSeries(
  field: Field,
  row: number,
  bands: readonly Band[],
  options: Options,
  { theme }: PanelInput,
): CustomSeriesOption {
  const opacity = customOption(field.config, "fillOpacity", 70) / 100;
  const colors = bands.map(({ value }) =>
    displayColor(value, field.config, field.index, field.bounds, theme),
  );
  return {
    type: "custom",
    name: field.name,
    clip: true,
    silent: true,
    encode: { x: [0, 1], y: 2 },
    data: bands.map(({ fromMs, toMs, value }) => [fromMs, toMs, row, value]),
    renderItem: (parameters, api) => {
      const color = colors[parameters.dataIndex] ?? theme.text;
      const box = boxOf(parameters, api, options.rowHeight ?? 0.9);
      if (box === undefined) return null;
      const text = displayText(api.value(3) as number, field.config);
      return {
        type: "group",
        children: [
          { type: "rect", shape: box, style: { fill: color, opacity } },
          ...labels(text, box, color, options, theme),
        ],
      };
    },
  };
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

type RenderItem = NonNullable<CustomSeriesOption["renderItem"]>;

/** The band in pixels, cut to the plot; undefined where it lies outside. */
function boxOf(
  parameters: Parameters<RenderItem>[0],
  api: Parameters<RenderItem>[1],
  rowHeight: number,
): Box | undefined {
  const plot = parameters.coordSys as unknown as Box;
  const [left = 0, middle = 0] = api.coord([api.value(0), api.value(2)]);
  const [right = 0] = api.coord([api.value(1), api.value(2)]);
  const [, rowPixels = 0] = api.size?.([0, 1]) as number[];
  const x = Math.max(left, plot.x);
  const width = Math.min(right, plot.x + plot.width) - x;
  const height = rowPixels * rowHeight;
  return width <= 0 ? undefined : { x, y: middle - height / 2, width: Math.max(width, 1), height };
}

function labels(
  text: string,
  box: Box,
  color: string,
  { showValue = "auto", alignValue = "left" }: Options,
  theme: PanelInput["theme"],
) {
  const needed = text.length * CHARACTER_PIXELS + LABEL_PADDING_PIXELS;
  const fits = needed <= box.width && box.height >= 12;
  if (showValue === "never" || (showValue === "auto" && !fits)) return [];
  const anchor = {
    left: LABEL_PADDING_PIXELS,
    center: box.width / 2,
    right: box.width - LABEL_PADDING_PIXELS,
  };
  const isFilled = color !== "transparent";
  return [
    {
      type: "text" as const,
      style: {
        text,
        x: box.x + anchor[alignValue],
        y: box.y + box.height / 2,
        textAlign: alignValue,
        textVerticalAlign: "middle" as const,
        fill: isFilled ? readableOn(color, theme) : theme.mutedText,
        font: `12px ${theme.fontFamily}`,
      },
    },
  ];
}

function tooltipAt(
  pointer: Pointer,
  fields: readonly Field[],
  bands: readonly (readonly Band[])[],
  { tooltip }: Options,
  { theme }: PanelInput,
): Tooltip | null {
  const row = Math.round(pointer.y);
  const mode = tooltipMode(pointer, tooltip?.mode);
  const rows = fields.flatMap((field, index) => {
    if (mode === "none" || (mode === "single" && index !== row)) return [];
    const band = bands[index]?.find(
      ({ fromMs, toMs }) => fromMs <= pointer.timeMs && pointer.timeMs < toMs,
    );
    if (band === undefined) return [];
    const color = displayColor(band.value, field.config, field.index, field.bounds, theme);
    return [
      {
        name: field.name,
        text: displayText(band.value, field.config),
        color,
        isNearest: mode === "multi" && index === row,
      },
    ];
  });
  return rows.length === 0 ? null : { timeMs: pointer.timeMs, rows };
}
