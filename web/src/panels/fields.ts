/** What the panel types share: fields, legends, tables and rows of a tooltip. */

import type { FieldConfig } from "../dashboard/model";
import { boundsOf, colorByMode, displayText, extentOf, type Colored } from "../field/display";
import { fieldConfigOf } from "../field/config";
import { calculationTitle, reduce } from "../field/reduce";
import type { Series } from "../query/series";
import type { LegendItem, PanelInput, ValueRow } from "./panel";

/** A series with everything that is known about how to show it. */
export interface Field extends Colored {
  series: Series;
  /** Of the field as a whole, by its last value where values have colours. */
  color: string;
}

/** All fields of the panel; bounds that the configuration leaves open span all series together. */
export function fieldsOf(input: PanelInput): Field[] {
  const extent = extentOf(input.series);
  return input.series.map((series, position) => {
    const config = fieldConfigOf(input.panel, series);
    const colored = {
      name: config.displayName ?? series.name,
      config,
      bounds: boundsOf(config, extent),
      index: input.colorPlaces?.get(series.name) ?? position,
    };
    // A mapping tells the colour of a value, not that of the whole field.
    const color = colorByMode(reduce(series, seriesBy(config)), colored, input.theme);
    return { ...colored, series, color };
  });
}

/** The calculation whose result colours a series where colours go by value. */
function seriesBy({ color }: FieldConfig): string {
  return color?.seriesBy === undefined || color.seriesBy === "last"
    ? "lastNotNull"
    : color.seriesBy;
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
  const listed = fields.filter(({ config }) => !isHiddenFrom(config, "legend"));
  return listed.map(({ series, name, config, color }) => ({
    name,
    color,
    values: (options.calcs ?? []).map((calculation) => {
      const value = reduce(series, calculation);
      const text = displayText(value, calculation === "count" ? {} : config);
      return { title: calculationTitle(calculation), text, value };
    }),
  }));
}

/** Whether an override hides a field from the legend, the tooltip or the drawing (`viz`). */
export function isHiddenFrom(config: FieldConfig, where: "legend" | "tooltip" | "viz"): boolean {
  return customOption<Record<string, boolean>>(config, "hideFrom", {})[where] === true;
}

export function lastValues(fields: readonly Field[]): ValueRow[] {
  return fields.map(({ series, name, config }) => ({
    name,
    text: displayText(reduce(series, "lastNotNull"), config),
  }));
}

/** An option of the panel type for a field, with its default. */
export function customOption<T>(config: FieldConfig, name: string, fallback: T): T {
  return (config.custom?.[name] as T | undefined) ?? fallback;
}
