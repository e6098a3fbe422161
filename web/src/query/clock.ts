/** Instants for people, in the page's time zone. */

import { wallTimeOf, type WallTime } from "./zone";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const two = (value: number): string => String(value).padStart(2, "0");

function date({ month, day }: WallTime): string {
  return `${two(month)}/${two(day)}`;
}

function clock({ hour, minute }: WallTime): string {
  return `${two(hour)}:${two(minute)}`;
}

/** As short as the span of the axis allows. */
export function formatClock(timeMs: number, spanMs: number): string {
  const time = wallTimeOf(timeMs);
  if (spanMs <= 10 * MINUTE_MS) return `${clock(time)}:${two(time.second)}`;
  if (spanMs <= DAY_MS) return clock(time);
  return spanMs <= 7 * DAY_MS ? `${date(time)} ${clock(time)}` : date(time);
}

/** `2026-11-22 18:01:05` */
export function formatInstant(timeMs: number): string {
  const time = wallTimeOf(timeMs);
  return `${time.year}-${two(time.month)}-${two(time.day)} ${clock(time)}:${two(time.second)}`;
}

/** `12 s`, `3 min`, `2 h`: how long something took or has been. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
