/** The data links of a field, filled in with a value's own words. */

import type { FieldConfig } from "../dashboard/model";
import type { Value } from "../field/mappings";
import { fillAddress, fillTitle, type LinkVariables } from "../query/links";
import type { LabelSet } from "../api/prometheus";
import type { Link } from "./panel";

/** What the link of a value may name. */
export interface LinkSubject {
  /** Of the field or series. */
  name: string;
  value: Value;
  text: string;
  labels: LabelSet;
  /** The cells of the same row, by the names of their columns. */
  fields: readonly { name: string; text: string }[];
}

/** The first link of the field; a cell has room for one. */
export function fieldLink({ links = [] }: FieldConfig, subject: LinkSubject): Link | undefined {
  const link = links[0];
  if (link === undefined) return undefined;
  const variables = variablesOf(subject);
  return {
    title: fillTitle(link.title ?? "", variables),
    address: fillAddress(link.url, variables),
    isNewTab: link.targetBlank ?? false,
  };
}

function variablesOf({ name, value, text, labels, fields }: LinkSubject): LinkVariables {
  const raw = value === null ? "" : String(value);
  const own: [string, string][] = [
    ["__value.text", text],
    ["__value.raw", raw],
    ["__value.numeric", raw],
    ["__value", text],
    ["__field.name", name],
    ["__series.name", name],
  ];
  const ofLabels = Object.entries(labels).map(([label, word]) => [`__field.labels.${label}`, word]);
  const ofRow = fields.flatMap((field, index) => [
    [`__data.fields.${field.name}`, field.text],
    [`__data.fields[${index}]`, field.text],
  ]);
  return Object.fromEntries([...own, ...ofLabels, ...ofRow]) as LinkVariables;
}
