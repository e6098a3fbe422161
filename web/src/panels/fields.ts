/** What the panel types share: fields, legends, tables and rows of a tooltip. */

import type { FieldConfig } from "../dashboard/model";
import { boundsOf, displayColor, displayText, type Bounds } from "../field/display";
import { fieldConfigOf } from "../field/config";
import { calculationTitle, reduce } from "../field/reduce";
import type { Point, Series } from "../query/series";
import type { LegendItem, PanelInput, ValueRow } from "./panel";

/** A series with everything that is known about how to show it. */
export interface Field {
  series: Series;
  name: string;
  config: FieldConfig;
  bounds: Bounds;
  /** Of the field as a whole, by its last value where thresholds colour it. */
  color: string;
  index: number;
}

/** All fields of the panel; bounds that the configuration leaves open span all series together. */
export function fieldsOf(input: PanelInput): Field[] {
  return input.series.map((series, index) => {
    const config = fieldConfigOf(input.panel, series);
    const bounds = boundsOf(config, input.series);
    const last = reduce(series, "lastNotNull");
    // A mapping tells the colour of a value, not that of the whole field.
    const whole = { ...config, mappings: [] };
    const color = displayColor(last, whole, index, bounds, input.theme);
    return { series, name: config.displayName ?? series.name, config, bounds, color, index };
  });
}

export function visibleFields(fields: readonly Field[], input: PanelInput): Field[] {
  return fields.filter(({ name }) => !input.hidden.has(name));
}

interface LegendOptions {
  showLegend?: boolean;
  calcs?: string[];
}

export function legendOf(fields: readonly Field[], input: PanelInput): LegendItem[] {
  const options = (input.panel.options?.legend ?? {}) as LegendOptions;
  if (options.showLegend === false) return [];
  return fields.map(({ series, name, config, color }) => ({
    name,
    color,
    values: (options.calcs ?? []).map((calculation) => ({
      title: calculationTitle(calculation),
      text: displayText(reduce(series, calculation), config),
    })),
  }));
}

export function lastValues(fields: readonly Field[]): ValueRow[] {
  return fields.map(({ series, name, config }) => ({
    name,
    text: displayText(reduce(series, "lastNotNull"), config),
  }));
}

/** The index of the point that is nearest in time. */
export function nearestPoint(points: readonly Point[], timeMs: number): Point | undefined {
  return points.reduce<Point | undefined>(
    (best, point) =>
      best === undefined || Math.abs(point[0] - timeMs) < Math.abs(best[0] - timeMs) ? point : best,
    undefined,
  );
}

/** An option of the panel type for a field, with its default. */
export function customOption<T>(config: FieldConfig, name: string, fallback: T): T {
  return (config.custom?.[name] as T | undefined) ?? fallback;
}
