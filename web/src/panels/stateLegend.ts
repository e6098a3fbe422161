/** The legend of states: what the colours mean, where they mean the same in every row. */

import { displayColor, displayText, thresholdSteps } from "../field/display";
import { legendOf, type Field } from "./fields";
import type { LegendItem, PanelInput } from "./panel";

/** Thresholds or mapped values; where a colour stands for a row, the rows themselves. */
export function stateLegend(fields: readonly Field[], input: PanelInput): LegendItem[] {
  const series = legendOf(fields, input);
  const first = fields[0];
  if (series.length === 0 || first === undefined) return series;
  if ((first.config.mappings ?? []).length > 0) return mappedStates(fields, input);
  return first.config.color?.mode === "thresholds" ? thresholdStates(first, input) : series;
}

/** Each text that is on the screen, once. */
function mappedStates(fields: readonly Field[], { theme }: PanelInput): LegendItem[] {
  const states = new Map<string, string>();
  for (const field of fields) {
    const values = new Set(field.series.points.map(([, value]) => value));
    values.delete(null);
    for (const value of [...values].sort((a, b) => (a ?? 0) - (b ?? 0))) {
      states.set(displayText(value, field.config), displayColor(value, field, theme));
    }
  }
  return [...states].map(([name, color]) => state(name, color));
}

/** `< 5`, `5+`, `10+`: the ranges between the thresholds. */
function thresholdStates({ config, bounds }: Field, { theme }: PanelInput): LegendItem[] {
  const steps = thresholdSteps(config, bounds, theme);
  const text = (value: number): string => displayText(value, { ...config, mappings: [] });
  return steps.map(({ value, color }, index) => {
    if (Number.isFinite(value)) return state(`${text(value)}+`, color);
    const next = steps[index + 1];
    return state(next === undefined ? "any value" : `< ${text(next.value)}`, color);
  });
}

function state(name: string, color: string): LegendItem {
  return { name, color, values: [], isState: true };
}
