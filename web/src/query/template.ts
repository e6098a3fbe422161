/** Variables in queries, written in as Grafana's Prometheus data source does. */

import type { Variable } from "../dashboard/model";

/** The address's and the dropdown's word for "All". */
export const ALL = "$__all";

/** What a variable stands for now. */
export interface Choice {
  variable: Variable;
  /** The chosen values; `[ALL]` for All. */
  selected: readonly string[];
  /** Every value there is, for an All without `allValue`. */
  options: readonly string[];
}

const REFERENCE = /\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]/g;

export function namesVariable(text: string): boolean {
  return text.search(REFERENCE) !== -1;
}

/**
 * Replaces `$name`, `${name}`, `${name:format}` and `[[name]]`.
 *
 * `builtIn` holds Grafana's own variables without the dollar sign. An unknown name stays as it is,
 * as in Grafana, so that the store's error shows it.
 */
export function substitute(
  text: string,
  choices: readonly Choice[],
  builtIn: Readonly<Record<string, string>> = {},
): string {
  return text.replaceAll(REFERENCE, (whole: string, ...groups: (string | undefined)[]) => {
    const name = groups[0] ?? groups[1] ?? groups[3] ?? "";
    const constant = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
    if (constant !== undefined) return constant;
    const choice = choices.find(({ variable }) => variable.name === name);
    return choice === undefined ? whole : written(choice, groups[2]);
  });
}

function written(choice: Choice, format: string | undefined): string {
  const { variable, selected, options } = choice;
  const isAll = selected.includes(ALL);
  // An `allValue` is the dashboard author's own regular expression: it goes in untouched.
  if (isAll && variable.allValue) return variable.allValue;
  return formatValues(isAll ? options : selected, format, isRegexVariable(variable));
}

function isRegexVariable(variable: Variable): boolean {
  return (variable.multi ?? false) || (variable.includeAll ?? false);
}

function formatValues(
  values: readonly string[],
  format: string | undefined,
  isRegex: boolean,
): string {
  switch (format) {
    case "raw":
    case "csv":
      return values.join(",");
    case "pipe":
      return values.join("|");
    case "regex":
      return alternatives(values.map(escapeRegex));
    default:
      return isRegex
        ? alternatives(values.map(escapeRegexInString))
        : values.map(escapeString).join(",");
  }
}

function alternatives(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? "") : `(${values.join("|")})`;
}

/** For `${name:regex}`: a regular expression that is not yet inside a string literal. */
function escapeRegex(value: string): string {
  return value.replaceAll(/[\\^$*+?.()|[\]{}/]/g, "\\$&");
}

/** A regular expression inside a PromQL string literal, hence each backslash twice. */
export function escapeRegexInString(value: string): string {
  return value
    .replaceAll("\\", "\\\\\\\\")
    .replaceAll('"', '\\\\\\"')
    .replaceAll(/[$^*{}[\]'+?.()|]/g, "\\\\$&");
}

function escapeString(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
