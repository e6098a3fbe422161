/** Why a panel's queries found nothing: as much as the store can tell. */

import { hasMetric, runQuery, storeStartMs, type TimeRange } from "../api/prometheus";
import { formatInstant } from "./clock";
import { activeTargets, queryOf, type LoadRequest } from "./load";
import { metricNames } from "./metricNames";
import { ALL, type Choice } from "./template";
import { describeChoice } from "./variables";

/** A sentence or two. Throws what the store's requests throw. */
export async function whyNothing(request: LoadRequest, signal: AbortSignal): Promise<string> {
  const names = [...new Set(activeTargets(request.panel).flatMap(({ expr }) => metricNames(expr)))];
  const present = await Promise.all(names.map((name) => hasMetric(name, request.range, signal)));
  const missing = names.filter((_, index) => !present[index]);
  if (names.length === 0) return `No series matches the query ${span(request.range)}.`;
  return missing.length === names.length
    ? whyMissing(missing, request.range, signal)
    : whyFiltered(request, signal);
}

async function whyMissing(
  names: readonly string[],
  range: TimeRange,
  signal: AbortSignal,
): Promise<string> {
  const [since, ...ever] = await Promise.all([
    storeStartMs(signal),
    ...names.map((name) => hasMetric(name, undefined, signal)),
  ]);
  const began =
    since === undefined ? "" : ` The store has been running since ${formatInstant(since)}.`;
  if (!ever.some(Boolean)) {
    return `The store has no metric ${listOf(names)}: nothing has reported it yet.${began}`;
  }
  const isOlder = since !== undefined && since > range.fromMs;
  return `${listOf(names)} was not reported ${span(range)}.${isOlder ? began : ""}`;
}

async function whyFiltered(request: LoadRequest, signal: AbortSignal): Promise<string> {
  const chosen = request.choices.filter(({ selected }) => !selected.includes(ALL));
  if (chosen.length > 0 && (await existsForAll(request, signal))) {
    return `There is data ${span(request.range)}, but not for ${chosen.map(describe).join(" and ")}.`;
  }
  return `The metric is there, but no series of it matches the query ${span(request.range)}.`;
}

async function existsForAll(request: LoadRequest, signal: AbortSignal): Promise<boolean> {
  const choices = request.choices.map((choice) => ({ ...choice, selected: [ALL] }));
  const found = await Promise.all(
    activeTargets(request.panel).map((target) =>
      runQuery(queryOf(target, { ...request, choices }), signal),
    ),
  );
  return found.some(({ result }) => result.result.length > 0);
}

function describe(choice: Choice): string {
  return `${choice.variable.label ?? choice.variable.name} “${describeChoice(choice)}”`;
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `“${name}”`).join(" or ");
}

/** `between … and …`, for a sentence. */
export function span({ fromMs, toMs }: TimeRange): string {
  return `between ${formatInstant(fromMs)} and ${formatInstant(toMs)}`;
}
