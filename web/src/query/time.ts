/** Time ranges as the address and the dashboard write them. */

import type { TimeRange } from "../api/prometheus";
import { parseDurationMs } from "./duration";

/** A range in Grafana's words: `now-15m` to `now`, or milliseconds since the epoch. */
export interface RawRange {
  from: string;
  to: string;
}

/** The instant that `text` names at `nowMs`, or undefined where it names none. */
export function parseTimeMs(text: string, nowMs: number): number | undefined {
  if (text === "now") return nowMs;
  if (/^\d{10,}$/.test(text)) return Number(text);
  const ago = /^now-(\w+)$/.exec(text)?.[1];
  const agoMs = ago === undefined ? undefined : parseDurationMs(ago);
  if (agoMs !== undefined) return nowMs - agoMs;
  const dateMs = /^\d{4}-/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs;
}

/** The range in milliseconds, or undefined where it is malformed or empty. */
export function resolveRange(raw: RawRange, nowMs: number): TimeRange | undefined {
  const fromMs = parseTimeMs(raw.from, nowMs);
  const toMs = parseTimeMs(raw.to, nowMs);
  if (fromMs === undefined || toMs === undefined || fromMs >= toMs) return undefined;
  return { fromMs, toMs };
}

/** Twice the range around the same middle, but not into the future. */
export function zoomOut(range: TimeRange, nowMs: number): TimeRange {
  const spanMs = range.toMs - range.fromMs;
  const toMs = Math.min(range.toMs + spanMs / 2, Math.max(nowMs, range.toMs));
  return { fromMs: Math.round(toMs - 2 * spanMs), toMs: Math.round(toMs) };
}

/** The range for the address: absolute, in whole milliseconds. */
export function absolute(range: TimeRange): RawRange {
  return { from: String(Math.round(range.fromMs)), to: String(Math.round(range.toMs)) };
}
