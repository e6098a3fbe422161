/** A field's configuration: the panel's defaults with the overrides that match the series. */

import type { FieldConfig, FieldOverride, Panel } from "../dashboard/model";
import type { Series } from "../query/series";

/** Defaults and overrides, the later winning. */
export function fieldConfigOf(panel: Panel, series: Series): FieldConfig {
  const overrides = panel.fieldConfig?.overrides ?? [];
  return overrides
    .filter((override) => matches(override, series))
    .flatMap(({ properties }) => properties)
    .reduce(withProperty, panel.fieldConfig?.defaults ?? {});
}

function matches({ matcher }: FieldOverride, series: Series): boolean {
  const { id, options } = matcher;
  switch (id) {
    case "byName":
      return options === series.name;
    case "byNames":
      return matchesNames(options, series.name);
    case "byRegexp":
      return typeof options === "string" && toRegExp(options).test(series.name);
    case "byFrameRefID":
      return options === series.refId;
    default:
      return false;
  }
}

function matchesNames(options: unknown, name: string): boolean {
  const { mode, names = [] } = (options ?? {}) as { mode?: string; names?: string[] };
  return names.includes(name) === (mode !== "exclude");
}

/** Grafana writes `/pattern/flags` or a bare pattern. */
export function toRegExp(text: string): RegExp {
  const parts = /^\/(.*)\/([a-z]*)$/s.exec(text);
  return parts ? new RegExp(parts[1] ?? "", parts[2]) : new RegExp(`^(?:${text})$`);
}

function withProperty(config: FieldConfig, property: { id: string; value?: unknown }): FieldConfig {
  const custom = /^custom\.(.+)$/.exec(property.id)?.[1];
  if (custom !== undefined) {
    return { ...config, custom: { ...config.custom, [custom]: property.value } };
  }
  return { ...config, [property.id]: property.value };
}
