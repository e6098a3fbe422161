/** What a panel type is: a pure function from query results to something that can be drawn. */

import type { EChartsOption } from "echarts";
import type { Panel } from "../dashboard/model";
import type { ChartTheme } from "../field/colors";
import type { Series } from "../query/series";
import type { TimeRange } from "../api/prometheus";

export interface PanelInput {
  panel: Panel;
  /** In the order of the targets; every name once. */
  series: readonly Series[];
  range: TimeRange;
  stepMs: number;
  /** Pixels that the chart may fill. */
  size: { width: number; height: number };
  theme: ChartTheme;
  /** Names of the series that the legend has switched off. */
  hidden: ReadonlySet<string>;
}

export interface LegendItem {
  name: string;
  color: string;
  /** Text of each calculation that the legend asks for, by its title. */
  values: { title: string; text: string }[];
}

/** A line of the table that says in words what the chart draws. */
export interface ValueRow {
  name: string;
  text: string;
}

export interface TooltipRow {
  name: string;
  text: string;
  color: string;
  /** The row that the pointer is on. */
  isNearest: boolean;
}

export interface Tooltip {
  timeMs: number;
  rows: TooltipRow[];
}

/** Where the pointer is, in the chart's own coordinates. */
export interface Pointer {
  timeMs: number;
  /** NaN while the pointer is over another graph: then the tooltip tells of every series. */
  y: number;
}

export interface Drawing {
  option: EChartsOption;
  legend: LegendItem[];
  values: ValueRow[];
  /** Absent where the chart has no time axis; null where there is nothing to tell. */
  tooltip?: (pointer: Pointer) => Tooltip | null;
}

export interface PanelType {
  /** Whether the x axis is time, so that a drag on it zooms. */
  hasTimeAxis: boolean;
  draw: (input: PanelInput) => Drawing;
}
