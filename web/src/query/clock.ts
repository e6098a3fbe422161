/** Instants for people, in the browser's time zone. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const two = (value: number): string => String(value).padStart(2, "0");

function date(time: Date): string {
  return `${two(time.getMonth() + 1)}/${two(time.getDate())}`;
}

function clock(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** As short as the span of the axis allows. */
export function formatClock(timeMs: number, spanMs: number): string {
  const time = new Date(timeMs);
  if (spanMs <= 10 * MINUTE_MS) return `${clock(time)}:${two(time.getSeconds())}`;
  if (spanMs <= DAY_MS) return clock(time);
  return spanMs <= 7 * DAY_MS ? `${date(time)} ${clock(time)}` : date(time);
}

/** `2026-11-22 18:01:05` */
export function formatInstant(timeMs: number): string {
  const time = new Date(timeMs);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock(time)}:${two(time.getSeconds())}`;
}
