/** Value mappings: another text or colour for values that the dashboard's author has words for. */

import type { MappingResult, ValueMapping } from "../dashboard/model";
import { toRegExp } from "./config";

/** What a cell or a point holds; null where there is nothing. */
export type Value = number | string | null;

/** The first mapping that applies to the value. */
export function mappingOf(
  value: Value,
  mappings: readonly ValueMapping[] | undefined,
): MappingResult | undefined {
  for (const mapping of mappings ?? []) {
    const result = resultOf(mapping, value);
    if (result !== undefined) return result;
  }
  return undefined;
}

function resultOf(mapping: ValueMapping, value: Value): MappingResult | undefined {
  switch (mapping.type) {
    case "value":
      return value === null ? undefined : ownResult(mapping.options, String(value));
    case "range":
      return isWithin(value, mapping.options) ? mapping.options.result : undefined;
    case "regex":
      return value === null ? undefined : regexResult(mapping.options, String(value));
    case "special":
      return isSpecial(value, mapping.options.match) ? mapping.options.result : undefined;
  }
}

/** A label's value may be called `constructor`. */
function ownResult(
  results: Readonly<Record<string, MappingResult>>,
  text: string,
): MappingResult | undefined {
  return Object.hasOwn(results, text) ? results[text] : undefined;
}

function isWithin(value: Value, { from, to }: { from: number | null; to: number | null }): boolean {
  return typeof value === "number" && value >= (from ?? -Infinity) && value <= (to ?? Infinity);
}

/** The result's text may name what the pattern has found, as in `$1`. */
function regexResult(
  { pattern, result }: { pattern: string; result: MappingResult },
  text: string,
): MappingResult | undefined {
  const expression = toRegExp(pattern);
  if (!expression.test(text)) return undefined;
  if (result.text === undefined) return result;
  return { ...result, text: text.replace(expression, result.text) };
}

function isSpecial(value: Value, match: string): boolean {
  switch (match) {
    // What is not a number in a store's answer is null here: nothing was observed.
    case "null":
    case "nan":
    case "null+nan":
      return value === null;
    case "empty":
      return value === "" || value === null;
    default:
      return String(value) === match;
  }
}
