/** Lines, bars or points over time: Grafana's `timeseries`. */

import type { BarSeriesOption, LineSeriesOption } from "echarts";
import type { Point } from "../query/series";
import {
  customOption,
  fieldsOf,
  isHiddenFrom,
  lastValues,
  legendOf,
  visibleFields,
  type Field,
} from "./fields";
import { graphTooltip } from "./graphTooltip";
import type { ChartType, Drawing, PanelInput } from "./panel";
import { plotsOf, type Plotted } from "./stacking";
import { thresholdMarks } from "./thresholdMarks";
import { grid, timeAxis } from "./timeAxis";
import { axesOf, axisOptions, type ValueAxis } from "./valueAxes";

/** From this distance on points are drawn on the line, as Grafana's "auto" does. */
const POINT_DISTANCE_PIXELS = 24;

/** Grafana says which of two points the line keeps level with, ECharts where it jumps. */
const STEPS: ReadonlyMap<string, "start" | "end"> = new Map([
  ["stepBefore", "start"],
  ["stepAfter", "end"],
]);

export const timeseries: ChartType = { hasTimeAxis: true, draw };

type SeriesOption = LineSeriesOption | BarSeriesOption;

function draw(input: PanelInput): Drawing {
  const fields = fieldsOf(input);
  const drawn = visibleFields(fields, input).filter(({ config }) => !isHiddenFrom(config, "viz"));
  const axes = axesOf(plotsOf(drawn), input);
  return {
    option: {
      animation: false,
      grid: grid(),
      xAxis: timeAxis(input.range, input.size.width, input.theme),
      yAxis: axisOptions(axes, input),
      series: seriesOf(axes, input),
    },
    legend: legendOf(fields, input),
    values: lastValues(fields),
    tooltip: (pointer) => graphTooltip(pointer, axes, input),
  };
}

/** In the order of the axes: the lines of a stack have to follow one another anyway. */
function seriesOf(axes: readonly ValueAxis[], input: PanelInput): SeriesOption[] {
  return axes.flatMap((axis, yAxisIndex) => {
    const marked = axis.plots.find(({ field }) => hasMarks(field));
    return axis.plots.flatMap((plot) => {
      const marks = plot === marked ? thresholdMarks(plot.field, input) : {};
      const drawn = drawnSeries(plot, axis, input);
      return drawn.map((series, index) => ({
        ...series,
        yAxisIndex,
        ...(index === 0 ? marks : {}),
      }));
    });
  });
}

function hasMarks({ config }: Field): boolean {
  return customOption(config, "thresholdsStyle", { mode: "off" }).mode !== "off";
}

function drawnSeries(plot: Plotted, axis: ValueAxis, input: PanelInput): SeriesOption[] {
  const { field, stackKey } = plot;
  const common = {
    name: field.name,
    color: field.color,
    stack: stackKey,
    stackStrategy: "samesign" as const,
    silent: true,
  };
  if (plot.isBar) return [{ ...common, ...barsOf(plot, input) }];
  const line = { ...common, ...lineOf(plot, axis, input) };
  const alone = line.showSymbol === true ? [] : plot.tops.filter(isAlone);
  return [line, ...(alone.length === 0 ? [] : [{ ...common, ...dotsOf(plot, axis, alone) }])];
}

function pixelsPerStep({ size, stepMs, range }: PanelInput): number {
  return (size.width * stepMs) / (range.toMs - range.fromMs);
}

/** Bars of one instant stand in the same place: in front of one another, unless stacked. */
function barsOf({ field, points }: Plotted, input: PanelInput): BarSeriesOption {
  const { config } = field;
  const factor = customOption(config, "barWidthFactor", 0.6);
  const alignment = customOption<number>(config, "barAlignment", 0);
  const shiftMs = (alignment * factor * input.stepMs) / 2;
  return {
    type: "bar",
    data: points.map(([timeMs, value]) => [timeMs + shiftMs, value]),
    barWidth: Math.max(1, pixelsPerStep(input) * factor),
    barMaxWidth: customOption(config, "barMaxWidth", 200),
    barGap: "-100%",
    itemStyle: {
      opacity: Math.max(0.05, customOption(config, "fillOpacity", 0) / 100),
      borderColor: field.color,
      borderWidth: customOption(config, "lineWidth", 1),
    },
  };
}

function lineOf(plot: Plotted, axis: ValueAxis, input: PanelInput): LineSeriesOption {
  const { config, color } = plot.field;
  const interpolation = customOption<string>(config, "lineInterpolation", "linear");
  const isPointsOnly = customOption<string>(config, "drawStyle", "line") === "points";
  return {
    type: "line",
    data: pointsOn(axis, plot.points),
    symbol: "circle",
    symbolSize: customOption(config, "pointSize", 5),
    showSymbol: showsEveryPoint(plot.field, input),
    showAllSymbol: true,
    smooth: interpolation === "smooth" ? 0.3 : false,
    step: STEPS.get(interpolation) ?? false,
    connectNulls: customOption<boolean | number>(config, "spanNulls", false) === true,
    lineStyle: {
      width: isPointsOnly ? 0 : customOption(config, "lineWidth", 1),
      ...dashOf(plot.field),
    },
    areaStyle: isPointsOnly ? undefined : areaOf(plot.field, color),
    emphasis: { disabled: true },
  };
}

/** A value that a logarithmic axis has no place for lies at its foot. */
function pointsOn({ base, scale }: ValueAxis, points: readonly Point[]): Mutable[] {
  if (base === undefined) return points as Mutable[];
  const isOff = (value: number | null) => value !== null && value <= 0;
  return points.map(([timeMs, value]) => [timeMs, isOff(value) ? scale.min : value]);
}

/** ECharts asks for arrays that it might write to, and does not. */
type Mutable = [number, number | null];

function dashOf({ config }: Field) {
  const { fill, dash } = customOption<{ fill?: string; dash?: number[] }>(config, "lineStyle", {});
  if (fill === "dash") return { type: dash ?? [10, 10], cap: "butt" as const };
  return fill === "dot" ? { type: dash ?? [0, 6], cap: "round" as const } : {};
}

/** The area under a line: plain, or paler towards its foot. */
function areaOf({ config }: Field, color: string): LineSeriesOption["areaStyle"] {
  const opacity = customOption(config, "fillOpacity", 0) / 100;
  if (opacity === 0) return undefined;
  const mode = customOption<string>(config, "gradientMode", "none");
  if (mode === "none" || mode === "scheme") return { opacity };
  const colorStops = [
    { offset: 0, color },
    { offset: 1, color: "transparent" },
  ];
  return { opacity, color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops } };
}

/** A dot for each value that has no neighbour, hence no line to show it. */
function dotsOf({ field }: Plotted, axis: ValueAxis, points: readonly Point[]): LineSeriesOption {
  return {
    type: "line",
    data: pointsOn(axis, points),
    stack: undefined,
    symbol: "circle",
    symbolSize: customOption(field.config, "pointSize", 5),
    showSymbol: true,
    showAllSymbol: true,
    lineStyle: { width: 0 },
    emphasis: { disabled: true },
  };
}

function showsEveryPoint(field: Field, input: PanelInput): boolean {
  const mode = customOption<string>(field.config, "showPoints", "auto");
  const isDrawnAsPoints = customOption<string>(field.config, "drawStyle", "line") === "points";
  const hasRoom = pixelsPerStep(input) >= POINT_DISTANCE_PIXELS;
  return isDrawnAsPoints || mode === "always" || (mode === "auto" && hasRoom);
}

function isAlone(point: Point, index: number, points: readonly Point[]): boolean {
  const hasValue = (other: Point | undefined): boolean => (other?.[1] ?? null) !== null;
  return hasValue(point) && !hasValue(points[index - 1]) && !hasValue(points[index + 1]);
}
