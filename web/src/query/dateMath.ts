/** Instants as people and Grafana write them: `now-6h`, `now-1d/d`, dates and times, milliseconds. */

import { parseDurationMs } from "./duration";
import { instantOf, wallTimeOf, type WallTime } from "./zone";

/** The units that a calendar has, whose length may differ from one to the next. */
type CalendarUnit = "d" | "w" | "M" | "y";

const EXACT_UNITS = new Set(["s", "m", "h"]);
const RELATIVE = /^now((?:[+-]\d+[a-zA-Z]\w*|\/[smhdwMy])*)$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/;
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[ T][\d:.]+ ?(?:Z|[+-]\d{2}:?\d{2})$/;

/**
 * The instant that `text` names at `nowMs`, or undefined where it names none.
 *
 * What stands for a stretch of time, such as `now/d` or a date alone, means its beginning, and its
 * last millisecond where `isEnd`.
 */
export function parseTimeMs(text: string, nowMs: number, isEnd = false): number | undefined {
  const trimmed = text.trim();
  if (/^\d{10,}$/.test(trimmed)) return Number(trimmed);
  if (WITH_OFFSET.test(trimmed))
    return known(Date.parse(trimmed.replace(" ", "T").replace(" ", "")));
  const steps = RELATIVE.exec(trimmed)?.[1];
  return steps === undefined ? parseDate(trimmed, isEnd) : afterSteps(steps, nowMs, isEnd);
}

function known(timeMs: number): number | undefined {
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function afterSteps(steps: string, nowMs: number, isEnd: boolean): number | undefined {
  const parts = steps.match(/[+-]\d+[a-zA-Z]\w*|\/\w/g) ?? [];
  return parts.reduce<number | undefined>((timeMs, part) => {
    if (timeMs === undefined) return undefined;
    if (part.startsWith("/")) return rounded(timeMs, part.slice(1), isEnd);
    return moved(timeMs, part.startsWith("-") ? -1 : 1, part.slice(1));
  }, nowMs);
}

/** Days and longer go by the calendar: a day ago is the same time yesterday. */
function moved(timeMs: number, sign: 1 | -1, amount: string): number | undefined {
  const [, count = "", unit = ""] = /^(\d+)([dwMy])$/.exec(amount) ?? [];
  if (unit !== "") return movedByCalendar(timeMs, sign * Number(count), unit as CalendarUnit);
  const durationMs = parseDurationMs(amount);
  return durationMs === undefined ? undefined : timeMs + sign * durationMs;
}

function movedByCalendar(timeMs: number, count: number, unit: CalendarUnit): number {
  const wall = wallTimeOf(timeMs);
  const milliseconds = timeMs - Math.floor(timeMs / 1000) * 1000;
  return instantOf(addedTo(wall, count, unit)) + milliseconds;
}

function addedTo(wall: WallTime, count: number, unit: CalendarUnit): WallTime {
  if (unit === "d") return { ...wall, day: wall.day + count };
  if (unit === "w") return { ...wall, day: wall.day + 7 * count };
  const months = unit === "M" ? count : 12 * count;
  // The 31st of a shorter month is its last day.
  const lastDay = new Date(Date.UTC(wall.year, wall.month + months, 0)).getUTCDate();
  return { ...wall, month: wall.month + months, day: Math.min(wall.day, lastDay) };
}

/** The beginning of the unit that the instant is in, or its last millisecond. */
function rounded(timeMs: number, unit: string, isEnd: boolean): number {
  const start = startOf(wallTimeOf(timeMs), unit);
  if (!isEnd) return instantOf(start);
  if (EXACT_UNITS.has(unit)) return instantOf(start) + (parseDurationMs(`1${unit}`) ?? 0) - 1;
  return instantOf(addedTo(start, 1, unit as CalendarUnit)) - 1;
}

function startOf(wall: WallTime, unit: string): WallTime {
  const { year, month, day } = wall;
  if (unit === "s") return wall;
  if (unit === "m") return { ...wall, second: 0 };
  if (unit === "h") return { ...wall, minute: 0, second: 0 };
  const midnight = { year, month, day, hour: 0, minute: 0, second: 0 };
  if (unit === "d") return midnight;
  if (unit === "w") return { ...midnight, day: day - daysSinceMonday(wall) };
  return unit === "M" ? { ...midnight, day: 1 } : { ...midnight, month: 1, day: 1 };
}

function daysSinceMonday({ year, month, day }: WallTime): number {
  return (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
}

/** A date, or date and time, in the page's zone; a day that the month lacks is none. */
function parseDate(text: string, isEnd: boolean): number | undefined {
  const found = DATE.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part) => Number((part as string | undefined) ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const wall = { year, month, day, hour, minute, second };
  const isDateOnly = found[4] === undefined;
  return isEnd && isDateOnly ? instantOf({ ...wall, day: day + 1 }) - 1 : instantOf(wall);
}
