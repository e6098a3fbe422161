/** Asks the store for everything that a panel draws. */

import { queryInstant, queryRange } from "../api/prometheus";
import type { Panel, Target } from "../dashboard/model";
import { formatDuration, parseDurationMs } from "./duration";
import { alignRange, intervalMs, rateIntervalMs } from "./interval";
import { seriesOf, withUniqueNames, type Series } from "./series";
import { substitute, type Choice } from "./template";
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
}

/** Substitutes the variables and aligns the range; `utcOffsetMs` is the viewer's. */
export function prepareQuery(
  target: Target,
  request: LoadRequest,
  utcOffsetMs: number,
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
  return { expr, stepMs, range: alignRange(range, stepMs, utcOffsetMs) };
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
  const utcOffsetMs = -new Date(request.range.toMs).getTimezoneOffset() * 60_000;
  const targets = (request.panel.targets ?? []).filter(({ hide }) => hide !== true);
  const answers = await Promise.all(
    targets.map(async (target) => {
      const query = prepareQuery(target, request, utcOffsetMs);
      const result = await run(target, query, request.range, signal);
      return { series: seriesOf(target, result, query.stepMs), stepMs: query.stepMs };
    }),
  );
  return {
    series: withUniqueNames(answers.flatMap(({ series }) => series)),
    stepMs: Math.max(0, ...answers.map(({ stepMs }) => stepMs)),
  };
}

function run(target: Target, query: PreparedQuery, range: TimeRange, signal: AbortSignal) {
  if (target.instant === true && target.range !== true) {
    return queryInstant(query.expr, range.toMs, signal);
  }
  return queryRange(query.expr, query.range, query.stepMs, signal);
}
