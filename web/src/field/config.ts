/** A field's configuration: the panel's defaults with the overrides that match the field. */

import type { FieldConfig, FieldOverride, Panel } from "../dashboard/model";

/** What overrides look at. */
export interface FieldIdentity {
  name: string;
  refId?: string;
  /** A number where nothing is said. */
  type?: "number" | "string" | "time";
}

/** Defaults and overrides, the later winning. */
export function fieldConfigOf(panel: Panel, field: FieldIdentity): FieldConfig {
  const overrides = panel.fieldConfig?.overrides ?? [];
  return overrides
    .filter((override) => matches(override, field))
    .flatMap(({ properties }) => properties)
    .reduce(withProperty, panel.fieldConfig?.defaults ?? {});
}

function matches({ matcher }: FieldOverride, field: FieldIdentity): boolean {
  const { id, options } = matcher;
  switch (id) {
    case "byName":
      return options === field.name;
    case "byNames":
      return matchesNames(options, field.name);
    case "byRegexp":
      return typeof options === "string" && toRegExp(options).test(field.name);
    case "byType":
      return options === (field.type ?? "number");
    case "byFrameRefID":
      return options === field.refId;
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
