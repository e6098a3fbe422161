/** The dashboard's variables: what they ask the store for, and what is chosen. */

import { ALL, type Choice } from "./template";
import type { Dashboard, Variable } from "../dashboard/model";

/** What `label_values(selector, label)` asks for; an empty selector means every series. */
export interface LabelValuesQuery {
  selector: string;
  label: string;
}

/** The variables that a person can choose: queries for label values that are not hidden. */
export function choosableVariables(dashboard: Dashboard): Variable[] {
  const variables = dashboard.templating?.list ?? [];
  return variables.filter((one) => one.type === "query" && one.hide !== 2);
}

/** Reads `label_values(label)` and `label_values(selector, label)`; undefined for all else. */
export function parseLabelValuesQuery(variable: Variable): LabelValuesQuery | undefined {
  const text = typeof variable.query === "string" ? variable.query : variable.query?.query;
  const inner = /^\s*label_values\((.*)\)\s*$/s.exec(text ?? "")?.[1];
  const parts = /^(?:(.*),)?\s*(\w+)\s*$/s.exec(inner ?? "");
  return parts?.[2] ? { selector: (parts[1] ?? "").trim(), label: parts[2] } : undefined;
}

/** The dashboard's own choice. */
export function defaultSelection(variable: Variable): string[] {
  const value = variable.current?.value;
  const values = typeof value === "string" ? [value] : (value ?? []);
  if (values.length > 0) return [...values];
  return variable.includeAll ? [ALL] : [];
}

/**
 * The choice after the entry `value` was switched.
 *
 * All and single values exclude one another, and nothing at all means All.
 */
export function toggled(selected: readonly string[], value: string): string[] {
  if (value === ALL) return [ALL];
  const others = selected.filter((one) => one !== ALL && one !== value);
  const result = selected.includes(value) ? others : [...others, value];
  return result.length === 0 ? [ALL] : result;
}

/** A choice in words, for the dropdown's button. */
export function describeChoice({ selected }: Choice): string {
  return selected.includes(ALL) ? "All" : selected.join(" + ");
}

/** Whether a chosen value is none of those there are. */
export function isGone({ options }: Choice, value: string): boolean {
  return value !== ALL && !options.includes(value);
}

/** The values that contain every word of `filter`, however they are written. */
export function matching(values: readonly string[], filter: string): string[] {
  const words = filter.toLowerCase().split(/\s+/);
  const textOf = (value: string): string => (value === ALL ? "all" : value.toLowerCase());
  return values.filter((value) => words.every((word) => textOf(value).includes(word)));
}
