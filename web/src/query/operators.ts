/** Whether and when the store has seen an Operator. */

import { findSeries, queryRange, type TimeRange } from "../api/prometheus";
import { presentPoints, seriesOf } from "./series";

const OPERATORS = 'up{job="mephisto"}';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** As far back as is looked for the last Operator. */
const LOOKBACK_MS = 400 * 24 * HOUR_MS;
/** What is shown before and after the last sign of an Operator. */
const BEFORE_MS = 14 * MINUTE_MS;
const AFTER_MS = MINUTE_MS;

/** `never`: in no time range at all. */
export type Presence = "here" | "elsewhere" | "never";

export async function operatorPresence(range: TimeRange, signal: AbortSignal): Promise<Presence> {
  if ((await findSeries(OPERATORS, range, signal)).length > 0) return "here";
  const always = { fromMs: 0, toMs: Date.now() };
  return (await findSeries(OPERATORS, always, signal)).length > 0 ? "elsewhere" : "never";
}

/** A range around the last time that an Operator was seen; undefined where there was none. */
export async function lastOperatorRange(signal: AbortSignal): Promise<TimeRange | undefined> {
  const nowMs = Date.now();
  const year = { fromMs: nowMs - LOOKBACK_MS, toMs: nowMs };
  const hourMs = await lastPresentMs(year, HOUR_MS, signal);
  if (hourMs === undefined) return undefined;
  // The hour's point looks back over that hour: the minute is somewhere in it.
  const hour = { fromMs: hourMs - HOUR_MS, toMs: hourMs };
  const lastMs = (await lastPresentMs(hour, MINUTE_MS, signal)) ?? hourMs;
  return { fromMs: lastMs - BEFORE_MS, toMs: Math.min(lastMs + AFTER_MS, nowMs) };
}

async function lastPresentMs(
  range: TimeRange,
  stepMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const expr = `count(count_over_time(${OPERATORS}[${stepMs / 1000}s]))`;
  const result = await queryRange(expr, range, stepMs, signal);
  const [series] = seriesOf({ refId: "A", expr }, result, stepMs);
  return series && presentPoints(series).at(-1)?.[0];
}
