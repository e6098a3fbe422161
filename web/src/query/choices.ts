/** Fills the dashboard's variables from the store. */

import { labelValues } from "../api/prometheus";
import { namesVariable, substitute, type Choice } from "./template";
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
  const choices: Promise<Choice>[] = [];
  for (const variable of choosableVariables(dashboard)) {
    const selected = selections.get(variable.name) ?? defaultSelection(variable);
    const options = optionsOf(variable, [...choices], range, signal);
    choices.push(options.then((options) => ({ variable, options, selected })));
  }
  return Promise.all(choices);
}

/** Waits for the variables before this one only where its query names any. */
async function optionsOf(
  variable: Variable,
  before: readonly Promise<Choice>[],
  range: TimeRange,
  signal: AbortSignal,
): Promise<string[]> {
  const query = parseLabelValuesQuery(variable);
  if (query === undefined) return [];
  const named = namesVariable(query.selector) ? await Promise.all(before) : [];
  const values = await labelValues(query.label, substitute(query.selector, named), range, signal);
  return values.filter((value) => value !== "").sort((a, b) => a.localeCompare(b));
}
