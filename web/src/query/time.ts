/** Time ranges as the address and the dashboard write them. */

import type { TimeRange } from "../api/prometheus";
import { formatInstant } from "./clock";
import { parseTimeMs } from "./dateMath";

/** A range in Grafana's words, such as `now-15m` to `now`. */
export interface RawRange {
  from: string;
  to: string;
}

/** The range in milliseconds, or undefined where it is malformed or empty. */
export function resolveRange(raw: RawRange, nowMs: number): TimeRange | undefined {
  const fromMs = parseTimeMs(raw.from, nowMs);
  const toMs = parseTimeMs(raw.to, nowMs, true);
  if (fromMs === undefined || toMs === undefined || fromMs >= toMs) return undefined;
  return { fromMs, toMs };
}

/** Which end of the range is wrong and why; undefined where it is a range. */
export function rangeProblem(
  raw: RawRange,
  nowMs: number,
): { end: keyof RawRange; text: string } | undefined {
  const ends = ["from", "to"] as const;
  const end = ends.find((one) => parseTimeMs(raw[one], nowMs) === undefined);
  if (end !== undefined) return { end, text: notATime(raw[end]) };
  if (resolveRange(raw, nowMs) !== undefined) return undefined;
  return { end: "to", text: "The end of the range must come after its start." };
}

function notATime(text: string): string {
  const name = text.trim() === "" ? "Nothing" : `“${text}”`;
  return `${name} is not a time. Write “now-6h”, “now/d”, or a date such as “2026-11-22 18:00”.`;
}

/** Twice the range around the same middle, but not into the future. */
export function zoomOut(range: TimeRange, nowMs: number): TimeRange {
  const spanMs = range.toMs - range.fromMs;
  const toMs = Math.min(range.toMs + spanMs / 2, Math.max(nowMs, range.toMs));
  return { fromMs: Math.round(toMs - 2 * spanMs), toMs: Math.round(toMs) };
}

/** Half the range earlier (-1) or later (1), but not into the future. */
export function shifted(range: TimeRange, direction: 1 | -1, nowMs: number): TimeRange {
  const wantedMs = (direction * (range.toMs - range.fromMs)) / 2;
  const byMs = Math.min(wantedMs, Math.max(0, nowMs - range.toMs));
  return { fromMs: range.fromMs + byMs, toMs: range.toMs + byMs };
}

/** The range for the address: absolute, in whole milliseconds. */
export function absolute(range: TimeRange): RawRange {
  return { from: String(Math.round(range.fromMs)), to: String(Math.round(range.toMs)) };
}

const UNITS: Readonly<Record<string, string>> = {
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
  M: "month",
  y: "year",
};
const AGES = ["5m", "15m", "30m", "1h", "3h", "6h", "12h", "24h", "2d", "7d", "30d", "90d"];

/** The quick ranges, as Grafana has and names them. */
export const QUICK_RANGES: readonly (RawRange & { text: string })[] = [
  ...AGES.map((age) => ({ from: `now-${age}`, to: "now", text: lastStretch(age) ?? "" })),
  { from: "now/d", to: "now", text: "Today so far" },
  { from: "now/d", to: "now/d", text: "Today" },
  { from: "now-1d/d", to: "now-1d/d", text: "Yesterday" },
  { from: "now/w", to: "now", text: "This week so far" },
  { from: "now/w", to: "now/w", text: "This week" },
  { from: "now-1w/w", to: "now-1w/w", text: "Previous week" },
];

/** A range in words where it has some, else its instants, or as it is written. */
export function describeRange({ from, to }: RawRange): string {
  const quick = QUICK_RANGES.find((one) => one.from === from && one.to === to);
  const last = to === "now" && from.startsWith("now-") ? lastStretch(from.slice(4)) : undefined;
  return quick?.text ?? last ?? `${describeEnd(from)} to ${describeEnd(to)}`;
}

/** “Last 5 minutes” for `5m`; undefined for what is no number of units. */
function lastStretch(age: string): string | undefined {
  const [, count = "", letter = ""] = /^(\d+)([smhdwMy])$/.exec(age) ?? [];
  const unit = UNITS[letter];
  return unit && `Last ${count} ${unit}${count === "1" ? "" : "s"}`;
}

/** Milliseconds as date and time, all else as it is. */
export function describeEnd(text: string): string {
  return /^\d{10,}$/.test(text) ? formatInstant(Number(text)) : text;
}
