/** Fills the dashboard's variables from the store. */

import { labelValues } from "../api/prometheus";
import { substitute, type Choice } from "./template";
import type { TimeRange } from "../api/prometheus";
import type { Dashboard, Variable } from "../dashboard/model";
import { choosableVariables, defaultSelection, parseLabelValuesQuery } from "./variables";

/** Each variable's values in the range and what is chosen, in the dashboard's order. */
export async function loadChoices(
  dashboard: Dashboard,
  selections: ReadonlyMap<string, readonly string[]>,
  range: TimeRange,
  signal: AbortSignal,
): Promise<Choice[]> {
  const choices: Choice[] = [];
  // One after the other: a variable's query may name those before it.
  for (const variable of choosableVariables(dashboard)) {
    const options = await optionsOf(variable, choices, range, signal);
    const selected = selections.get(variable.name) ?? defaultSelection(variable);
    choices.push({ variable, options, selected });
  }
  return choices;
}

async function optionsOf(
  variable: Variable,
  before: readonly Choice[],
  range: TimeRange,
  signal: AbortSignal,
): Promise<string[]> {
  const query = parseLabelValuesQuery(variable);
  if (query === undefined) return [];
  const values = await labelValues(query.label, substitute(query.selector, before), range, signal);
  return values.filter((value) => value !== "").sort((a, b) => a.localeCompare(b));
}
