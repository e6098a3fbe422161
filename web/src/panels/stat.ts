/** One big number for each series: Grafana's `stat`. */

import type { FieldConfig } from "../dashboard/model";
import { asText, readableOn, type ChartTheme } from "../field/colors";
import { displayColor, displayText } from "../field/display";
import { reduce } from "../field/reduce";
import type { Point } from "../query/series";
import { fieldsOf, type Field } from "./fields";
import { fieldLink } from "./dataLinks";
import type { Content, ContentType, PanelInput, Sparkline, StatTile } from "./panel";
import { tileGrid, type Orientation, type Size } from "./tiles";

/** Percent of the tile's height that the line may rise to; words stand above it. */
const SPARKLINE_HEIGHT = 45;

export const stat: ContentType = { hasTimeAxis: false, isContent: true, draw };

interface Options {
  reduceOptions?: { calcs?: string[]; fields?: string; values?: boolean; limit?: number };
  orientation?: Orientation;
  textMode?: "auto" | "value" | "value_and_name" | "name" | "none";
  colorMode?: "value" | "background" | "background_solid" | "none";
  graphMode?: "none" | "area";
  justifyMode?: "auto" | "center";
  text?: { titleSize?: number; valueSize?: number };
}

/** Width of a character, in sizes of its font. */
const CHARACTER_WIDTH = 0.58;
const LINE_HEIGHT = 1.2;
const PADDING_PIXELS = 16;
const MAX_VALUE_PIXELS = 72;

function draw(input: PanelInput): Content {
  const options = (input.panel.options ?? {}) as Options;
  const calculation = options.reduceOptions?.calcs?.[0] ?? "lastNotNull";
  const fields = fieldsOf({ ...input, panel: withThresholdColors(input) });
  const { columns, tile } = tileGrid(
    fields.length,
    input.size,
    options.orientation ?? "auto",
    roomFor,
  );
  const showsName = namesAreShown(options, fields.length);
  const sizes = textSizes(fields, calculation, options, showsName, tile);
  return {
    content: {
      kind: "stats",
      columns,
      tiles: fields.map((field) => tileOf(field, calculation, options, showsName, sizes, input)),
    },
    legend: [],
    values: fields.map(({ series, name, config }) => ({
      name,
      text: displayText(reduce(series, calculation), config),
    })),
  };
}

/** A stat that says nothing of its colour takes it from the thresholds, as in Grafana. */
function withThresholdColors({ panel }: PanelInput): PanelInput["panel"] {
  const defaults: FieldConfig = { color: { mode: "thresholds" }, ...panel.fieldConfig?.defaults };
  return { ...panel, fieldConfig: { ...panel.fieldConfig, defaults } };
}

function roomFor({ width, height }: Size): number {
  return Math.min(width / 3, height);
}

function namesAreShown({ textMode = "auto" }: Options, count: number): boolean {
  if (textMode === "auto") return count > 1;
  return textMode === "name" || textMode === "value_and_name";
}

interface Sizes {
  name: number;
  value: number;
}

/** The same sizes in all tiles: as large as the longest texts allow. */
function textSizes(
  fields: readonly Field[],
  calculation: string,
  { text = {}, textMode, graphMode }: Options,
  showsName: boolean,
  { width, height }: Size,
): Sizes {
  const free = graphMode === "none" ? 1 : 1 - SPARKLINE_HEIGHT / 100;
  const room = { width: width - 2 * PADDING_PIXELS, height: (height - PADDING_PIXELS) * free };
  const longest = (texts: readonly string[]): number =>
    texts.reduce((most, one) => Math.max(most, one.length), 1);
  const fit = (length: number, share: number): number =>
    Math.min(room.width / (length * CHARACTER_WIDTH), (room.height * share) / LINE_HEIGHT);
  const values = fields.map(({ series, config }) =>
    displayText(reduce(series, calculation), config),
  );
  const nameFit = fit(longest(fields.map(({ name }) => name)), textMode === "name" ? 1 : 0.3);
  return {
    name: text.titleSize ?? Math.max(12, Math.min(textMode === "name" ? 48 : 22, nameFit)),
    value:
      text.valueSize ??
      Math.max(14, Math.min(MAX_VALUE_PIXELS, fit(longest(values), showsName ? 0.6 : 0.8))),
  };
}

function tileOf(
  field: Field,
  calculation: string,
  options: Options,
  showsName: boolean,
  sizes: Sizes,
  input: PanelInput,
): StatTile {
  const { series, name, config } = field;
  const { textMode = "auto", justifyMode = "auto" } = options;
  const value = reduce(series, calculation);
  const text = displayText(value, config);
  const showsValue = textMode !== "name" && textMode !== "none";
  return {
    name: showsName ? name : undefined,
    text: showsValue ? text : undefined,
    ...paint(displayColor(value, field, input.theme), options, input.theme),
    isCentered: justifyMode === "center",
    nameSizePixels: sizes.name,
    textSizePixels: sizes.value,
    sparkline: options.graphMode === "none" ? undefined : sparklineOf(field, options, input),
    link: fieldLink(config, { name, value, text, labels: series.labels, fields: [] }),
  };
}

/** The colour of a value in its text, or behind it with text that can be read on it. */
function paint(color: string, { colorMode = "value" }: Options, theme: ChartTheme) {
  const isPainted = color !== "transparent";
  if (colorMode.startsWith("background") && isPainted) {
    return { color: readableOn(color, theme), background: color };
  }
  const isText = colorMode === "value" && isPainted;
  return { color: isText ? asText(color, theme) : theme.text, background: undefined };
}

function sparklineOf(field: Field, options: Options, input: PanelInput): Sparkline | undefined {
  const { colorMode = "value" } = options;
  const lines = linesOf(field, input);
  if (lines.length === 0) return undefined;
  const isOnColor = colorMode.startsWith("background");
  const value = reduce(field.series, "lastNotNull");
  const color = displayColor(value, field, input.theme);
  return { lines, color: isOnColor ? readableOn(color, input.theme) : color };
}

/** The points of the history in a box of 100 by 100, cut at gaps; a single point draws no line. */
function linesOf({ series, config }: Field, { range }: PanelInput): Sparkline["lines"] {
  const values = series.points.flatMap(([, value]) =>
    value !== null && Number.isFinite(value) ? [value] : [],
  );
  const low = config.min ?? values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = config.max ?? values.reduce((a, b) => Math.max(a, b), -Infinity);
  const span = high > low ? high - low : 1;
  const place = (timeMs: number, value: number): [number, number] => [
    (100 * (timeMs - range.fromMs)) / (range.toMs - range.fromMs),
    100 - 4 - SPARKLINE_HEIGHT * Math.min(1, Math.max(0, (value - low) / span)),
  ];
  return partsOf(series.points)
    .filter((part) => part.length > 1)
    .map((part) => part.map(([timeMs, value]) => place(timeMs, value)));
}

function partsOf(points: readonly Point[]): (readonly [number, number])[][] {
  const parts: (readonly [number, number])[][] = [[]];
  for (const [timeMs, value] of points) {
    if (value === null || !Number.isFinite(value)) parts.push([]);
    else parts.at(-1)?.push([timeMs, value]);
  }
  return parts;
}
