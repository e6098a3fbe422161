/** A value as it is shown: text by unit and mapping, colour by mapping, threshold or palette. */

import type { FieldConfig } from "../dashboard/model";
import type { Series } from "../query/series";
import { colorOfName, paletteColor, resolveColor, shadeOf, type ChartTheme } from "./colors";
import { mappingOf, type Value } from "./mappings";
import { continuousColor } from "./schemes";
import { formatTick, formatValue } from "./units";

/** What a percentage threshold is a percentage of. */
export interface Bounds {
  min: number;
  max: number;
}

/** What of a field its colours depend on. */
export interface Colored {
  name: string;
  config: FieldConfig;
  bounds: Bounds;
  /** Its place in the palette. */
  index: number;
}

const NO_VALUE = "–";

/** Text of a value, or the field's word for none. */
export function displayText(value: Value, config: FieldConfig): string {
  const mapped = mappingOf(value, config.mappings)?.text;
  if (mapped !== undefined) return mapped;
  if (value === null) return config.noValue ?? NO_VALUE;
  return typeof value === "string" ? value : formatValue(value, config.unit, config.decimals);
}

/** Text of a tick: a mapping's words, else the number without zeros at its end. */
export function tickText(value: number, config: FieldConfig): string {
  const mapped = mappingOf(value, config.mappings)?.text;
  return mapped ?? formatTick(value, config.unit, config.decimals);
}

/** Colour of one value: its mapping, else by the field's colour mode. */
export function displayColor(value: Value, field: Colored, theme: ChartTheme): string {
  const mapped = mappingOf(value, field.config.mappings)?.color;
  if (mapped !== undefined) return resolveColor(mapped, theme);
  return colorByMode(typeof value === "number" ? value : null, field, theme);
}

/** Colour of a value without its mapping: that of the whole field where the mode is not by value. */
export function colorByMode(value: number | null, field: Colored, theme: ChartTheme): string {
  const { config, bounds, index, name } = field;
  const { mode, fixedColor } = config.color ?? { mode: "palette-classic" };
  if (mode === "fixed") return resolveColor(fixedColor ?? "text", theme);
  if (mode === "shades") return shadeOf(resolveColor(fixedColor ?? "text", theme), index);
  if (mode === "palette-classic-by-name") return colorOfName(name, theme);
  if (value === null) return paletteColor(index, theme);
  if (mode === "thresholds") return thresholdColor(value, config, bounds, theme);
  return continuousColor(mode, shareOf(value, bounds), theme) ?? paletteColor(index, theme);
}

/** Where between the bounds a value lies: 0 to 1. */
export function shareOf(value: number, { min, max }: Bounds): number {
  return Math.min(1, Math.max(0, (value - min) / (max - min)));
}

/** A threshold in the field's own unit; the first one is minus infinity. */
export interface ThresholdStep {
  value: number;
  color: string;
}

/** The steps as values, percentages worked out over `bounds`. */
export function thresholdSteps(
  config: FieldConfig,
  bounds: Bounds,
  theme: ChartTheme,
): ThresholdStep[] {
  const { mode, steps } = config.thresholds ?? { mode: "absolute", steps: [] };
  const toValue = (value: number): number =>
    mode === "percentage" ? bounds.min + (value / 100) * (bounds.max - bounds.min) : value;
  return steps.map(({ value, color }) => ({
    value: value === null ? -Infinity : toValue(value),
    color: resolveColor(color, theme),
  }));
}

/** The colour of the highest threshold that `value` reaches. */
export function thresholdColor(
  value: number,
  config: FieldConfig,
  bounds: Bounds,
  theme: ChartTheme,
): string {
  const steps = thresholdSteps(config, bounds, theme);
  return steps.findLast((step) => value >= step.value)?.color ?? theme.text;
}

/** The least and the greatest finite value of all series; undefined where there is none. */
export function extentOf(series: readonly Series[]): Bounds | undefined {
  let min = Infinity;
  let max = -Infinity;
  for (const { points } of series) {
    for (const [, value] of points) {
      if (value === null || !Number.isFinite(value)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return min <= max ? { min, max } : undefined;
}

/** The field's own minimum and maximum, and where it has none those of the data. */
export function boundsOf(config: FieldConfig, extent: Bounds | undefined): Bounds {
  const min = config.min ?? extent?.min ?? 0;
  const max = config.max ?? extent?.max ?? min + 1;
  return { min, max: max > min ? max : min + 1 };
}
