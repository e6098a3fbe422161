/** A number as it is shown: text by unit and mapping, colour by mapping, threshold or palette. */

import type { FieldConfig, MappingResult, ValueMapping } from "../dashboard/model";
import type { Series } from "../query/series";
import { paletteColor, resolveColor, type ChartTheme } from "./colors";
import { toRegExp } from "./config";
import { formatValue } from "./units";

/** What a percentage threshold is a percentage of. */
export interface Bounds {
  min: number;
  max: number;
}

export interface DisplayValue {
  text: string;
  color: string;
}

const NO_VALUE = "–";

/** Text of a value, or the field's word for none. */
export function displayText(value: number | null, config: FieldConfig): string {
  const mapped = mappingOf(value, config.mappings)?.text;
  if (mapped !== undefined) return mapped;
  if (value === null) return config.noValue ?? NO_VALUE;
  return formatValue(value, config.unit, config.decimals);
}

/** Colour of one value: its mapping, else by the field's colour mode. */
export function displayColor(
  value: number | null,
  config: FieldConfig,
  index: number,
  bounds: Bounds,
  theme: ChartTheme,
): string {
  const mapped = mappingOf(value, config.mappings)?.color;
  if (mapped !== undefined) return resolveColor(mapped, theme);
  if (config.color?.mode === "thresholds" && value !== null) {
    return thresholdColor(value, config, bounds, theme);
  }
  return fieldColor(config, index, theme);
}

/** The colour of a whole field, whatever its values. */
export function fieldColor(config: FieldConfig, index: number, theme: ChartTheme): string {
  const { mode, fixedColor } = config.color ?? { mode: "palette-classic" };
  if (mode === "fixed" && fixedColor) return resolveColor(fixedColor, theme);
  return paletteColor(index, theme);
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

/** The field's own minimum and maximum, and where it has none those of the data. */
export function boundsOf(config: FieldConfig, series: readonly Series[]): Bounds {
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const present = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  const lowest = present.reduce((least, value) => Math.min(least, value), Infinity);
  const highest = present.reduce((most, value) => Math.max(most, value), -Infinity);
  const min = config.min ?? (Number.isFinite(lowest) ? lowest : 0);
  const max = config.max ?? (Number.isFinite(highest) ? highest : min + 1);
  return { min, max: max > min ? max : min + 1 };
}

/** The first mapping that applies to the value. */
export function mappingOf(
  value: number | null,
  mappings: readonly ValueMapping[] | undefined,
): MappingResult | undefined {
  for (const mapping of mappings ?? []) {
    const result = resultOf(mapping, value);
    if (result !== undefined) return result;
  }
  return undefined;
}

function resultOf(mapping: ValueMapping, value: number | null): MappingResult | undefined {
  switch (mapping.type) {
    case "value":
      return value === null ? undefined : mapping.options[String(value)];
    case "range":
      return isWithin(value, mapping.options) ? mapping.options.result : undefined;
    case "regex":
      return value !== null && toRegExp(mapping.options.pattern).test(String(value))
        ? mapping.options.result
        : undefined;
    case "special":
      return isSpecial(value, mapping.options.match) ? mapping.options.result : undefined;
  }
}

function isWithin(
  value: number | null,
  { from, to }: { from: number | null; to: number | null },
): boolean {
  return value !== null && value >= (from ?? -Infinity) && value <= (to ?? Infinity);
}

function isSpecial(value: number | null, match: string): boolean {
  return value === null && (match === "null" || match === "nan" || match === "null+nan");
}
