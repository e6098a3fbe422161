/** Asks the store for everything that a panel draws. */

import { runQuery, type Found, type Query } from "../api/prometheus";
import type { Panel, Target } from "../dashboard/model";
import { formatDuration, parseDurationMs } from "./duration";
import { alignRange, intervalMs, rateIntervalMs } from "./interval";
import { seriesOf, withUniqueNames, type Series } from "./series";
import { substitute, type Choice } from "./template";
import { utcOffsetMs } from "./zone";
import type { TimeRange } from "../api/prometheus";

const RATE_INTERVAL = /^\$(__rate_interval|\{__rate_interval\})$/;

export interface LoadRequest {
  panel: Panel;
  range: TimeRange;
  widthPixels: number;
  scrapeIntervalMs: number;
  choices: readonly Choice[];
}

/** The query of a target as it goes to the store. */
export interface PreparedQuery {
  expr: string;
  stepMs: number;
  range: TimeRange;
}

export interface Loaded {
  series: Series[];
  /** The widest step of the panel's queries. */
  stepMs: number;
  /** Each target with what was asked for it, and found. */
  queries: AnsweredTarget[];
}

export interface AnsweredTarget {
  target: Target;
  found: Found;
}

/** Substitutes the variables and aligns the range; `offsetMs` is the viewer's from UTC. */
export function prepareQuery(
  target: Target,
  request: LoadRequest,
  offsetMs: number,
): PreparedQuery {
  const { range, choices } = request;
  const { stepMs, rateMs } = stepsOf(target, request);
  const rangeSeconds = Math.round((range.toMs - range.fromMs) / 1000);
  const expr = substitute(target.expr, choices, {
    __interval: formatDuration(stepMs),
    __interval_ms: String(stepMs),
    __rate_interval: formatDuration(rateMs),
    __rate_interval_ms: String(rateMs),
    __range: `${rangeSeconds}s`,
    __range_s: String(rangeSeconds),
    __range_ms: String(rangeSeconds * 1000),
  });
  return { expr, stepMs, range: alignRange(range, stepMs, offsetMs) };
}

/** The step and `$__rate_interval`: one and the same where the target wants the latter as its step. */
function stepsOf(target: Target, request: LoadRequest): { stepMs: number; rateMs: number } {
  const { panel, range, widthPixels, scrapeIntervalMs, choices } = request;
  const wanted = substitute(target.interval ?? panel.interval ?? "", choices);
  const minStepMs = parseDurationMs(wanted) ?? scrapeIntervalMs;
  const stepMs = intervalMs(range, panel.maxDataPoints ?? widthPixels, minStepMs);
  const rateMs = rateIntervalMs(stepMs, minStepMs);
  return { stepMs: RATE_INTERVAL.test(wanted) ? rateMs : stepMs, rateMs };
}

/** Runs the panel's targets side by side; the first that fails fails the panel. */
export async function loadPanel(request: LoadRequest, signal: AbortSignal): Promise<Loaded> {
  const queries = await Promise.all(
    activeTargets(request.panel).map(async (target) => {
      const key = targetKey(request.panel, target);
      return { target, found: await runQuery(queryOf(target, request), signal, key) };
    }),
  );
  const steps = queries.map(({ found }) => found.stepMs ?? 0);
  const series = queries.flatMap(({ target, found }) =>
    // An answer without steps has no gaps.
    seriesOf(target, found.result, found.stepMs ?? Infinity),
  );
  return { series: withUniqueNames(series), stepMs: Math.max(0, ...steps), queries };
}

export function activeTargets(panel: Panel): Target[] {
  return (panel.targets ?? []).filter(({ hide }) => hide !== true);
}

/** The query of a target, for the viewer's time zone. */
export function queryOf(target: Target, request: LoadRequest): Query {
  const offsetMs = utcOffsetMs(request.range.toMs);
  const { expr, range, stepMs } = prepareQuery(target, request, offsetMs);
  const isInstant = target.instant === true && target.range !== true;
  return isInstant ? { expr, range: request.range } : { expr, range, stepMs };
}

/** The name of a target's answer in a snapshot. */
export function targetKey(panel: Panel, target: Target): string {
  return `panel ${panel.id} ${target.refId}`;
}
