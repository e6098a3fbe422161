/** The inspector's queries: as the board has them, as the store was asked, and what that gave. */

import type { Query, QueryResult } from "../api/prometheus";
import type { Target } from "../dashboard/model";
import { formatInstant } from "../query/clock";
import { formatDuration } from "../query/duration";
import { activeTargets, queryOf } from "../query/load";
import { h } from "../dom";
import { copyButton } from "./files";
import type { Inspected } from "./inspector";

export function queryTab(inspected: Inspected): HTMLElement[] {
  const { failure, panel } = inspected;
  const problem =
    failure === undefined
      ? []
      : [h("p", { class: "failure", role: "alert" }, `${failure.headline}: ${failure.detail}`)];
  return [...problem, ...activeTargets(panel).map((target) => targetSection(target, inspected))];
}

function targetSection(target: Target, { loaded, request, failure }: Inspected): HTMLElement {
  const answered = loaded.queries.find((one) => one.target === target)?.found;
  // After a failure, what was asked in vain is of interest, not the answer before it.
  const found = failure === undefined ? answered : undefined;
  const asked = found ?? (request && queryOf(target, request));
  return h(
    "section",
    { class: "inspected-query" },
    h("h3", {}, `Query ${target.refId}`),
    ...expression("As written", target.expr),
    ...(asked === undefined ? [] : [...expression("As sent", asked.expr), facts(asked)]),
    ...(found === undefined ? [] : [cost(found.tookMs, found.result)]),
  );
}

function expression(label: string, expr: string): HTMLElement[] {
  const heading = h(
    "div",
    { class: "expression-heading" },
    label,
    copyButton("Copy", () => expr),
  );
  return [heading, h("pre", { "data-expression": label }, h("code", {}, expr))];
}

function facts({ range, stepMs }: Query): HTMLElement {
  const when =
    stepMs === undefined
      ? [["Time", formatInstant(range.toMs)] as const]
      : [
          ["Range", `${formatInstant(range.fromMs)} to ${formatInstant(range.toMs)}`] as const,
          ["Step", formatDuration(stepMs)] as const,
        ];
  return definitions(when);
}

function cost(tookMs: number, result: QueryResult): HTMLElement {
  const [series, samples] = countsOf(result);
  return definitions([
    ["Took", `${Math.round(tookMs)} ms`],
    ["Series", String(series)],
    ["Samples", String(samples)],
  ]);
}

function countsOf(result: QueryResult): [number, number] {
  if (result.resultType === "scalar") return [1, 1];
  if (result.resultType === "vector") return [result.result.length, result.result.length];
  const samples = result.result.map(({ values }) => values?.length ?? 0);
  return [samples.length, samples.reduce((sum, count) => sum + count, 0)];
}

function definitions(pairs: readonly (readonly [string, string])[]): HTMLElement {
  return h("dl", {}, ...pairs.flatMap(([term, text]) => [h("dt", {}, term), h("dd", {}, text)]));
}
