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
  /** Places in the palette that names keep over refreshes; without one, the place in `series`. */
  colorPlaces?: ReadonlyMap<string, number>;
}

export interface LegendItem {
  name: string;
  color: string;
  /** Each calculation that the legend asks for, by its title; the number is for sorting. */
  values: { title: string; text: string; value: number | null }[];
  /** A colour's meaning rather than a series, hence nothing to switch off. */
  isState?: boolean;
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

/** What every panel says in words, beside what it draws. */
interface Words {
  legend: LegendItem[];
  values: ValueRow[];
}

/** A chart on a canvas. */
export interface Drawing extends Words {
  option: EChartsOption;
  /** The colours of a heatmap, shown in place of a legend. */
  colorScale?: ColorScale;
  /** Absent where the chart has no time axis; null where there is nothing to tell. */
  tooltip?: (pointer: Pointer) => Tooltip | null;
}

/** Colours from the least value to the greatest, with what they stand for. */
export interface ColorScale {
  colors: readonly string[];
  minText: string;
  maxText: string;
}

/** Elements in place of a canvas: text that can be selected, read out and wrapped. */
export interface Content extends Words {
  content: Stats | Table;
}

/** Big numbers, each in a tile. */
export interface Stats {
  kind: "stats";
  columns: number;
  tiles: StatTile[];
}

export interface StatTile {
  name: string | undefined;
  text: string | undefined;
  /** Of the text; the tile's own where `background` is absent. */
  color: string;
  background: string | undefined;
  isCentered: boolean;
  nameSizePixels: number;
  textSizePixels: number;
  sparkline: Sparkline | undefined;
  link: Link | undefined;
}

/** Lines of points in a box of 100 by 100, the origin at its upper left; one line up to each gap. */
export interface Sparkline {
  lines: (readonly [number, number])[][];
  color: string;
}

export interface Table {
  kind: "table";
  columns: TableColumn[];
  rows: TableCell[][];
  /** One text a column; absent where the panel wants no footer. */
  footer: string[] | undefined;
  hasHeader: boolean;
  /** The order that the panel asks for before a person chooses another. */
  sort: TableSort | undefined;
}

export interface TableColumn {
  title: string;
  align: "left" | "center" | "right";
  widthPixels: number | undefined;
}

export interface TableSort {
  /** Index of the column. */
  column: number;
  isDescending: boolean;
}

export interface TableCell {
  text: string;
  /** What the column is sorted by. */
  value: number | string | null;
  color: string | undefined;
  background: string | undefined;
  /** A bar behind the text, as a share of the cell. */
  gauge: { share: number; color: string } | undefined;
  link: Link | undefined;
}

export interface Link {
  title: string;
  address: string;
  isNewTab: boolean;
}

export interface ChartType {
  /** Whether the x axis is time, so that a drag on it zooms. */
  hasTimeAxis: boolean;
  isContent?: false;
  draw: (input: PanelInput) => Drawing;
}

export interface ContentType {
  hasTimeAxis: false;
  isContent: true;
  draw: (input: PanelInput) => Content;
}

export type PanelType = ChartType | ContentType;
