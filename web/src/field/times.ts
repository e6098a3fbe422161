/** Durations and instants as text, as Grafana writes them. */

import { formatInstant } from "../query/clock";
import { toFixed, type Formatter } from "./numbers";

/** Upper limit in seconds, length in seconds, suffix. */
const SPANS: readonly (readonly [number, number, string])[] = [
  [1e-6, 1e-9, " ns"],
  [1e-3, 1e-6, " µs"],
  [1, 1e-3, " ms"],
  [60, 1, " s"],
  [3600, 60, " mins"],
  [86_400, 3600, " hours"],
  [604_800, 86_400, " days"],
  [31_536_000, 604_800, " weeks"],
  [Infinity, 31_556_900, " years"],
];

/** Durations in a unit of `unitSeconds` called `zero`, in whatever unit suits their length. */
export function span(unitSeconds: number, zero: string): Formatter {
  return (value, decimals) => {
    if (value === 0) return `0 ${zero}`;
    if (!Number.isFinite(value)) return toFixed(value, decimals);
    const seconds = value * unitSeconds;
    const [, length, suffix] = SPANS.find(([limit]) => Math.abs(seconds) < limit) ?? [0, 1, " s"];
    return toFixed(Number((seconds / length).toPrecision(12)), decimals) + suffix;
  };
}

const PARTS: readonly (readonly [string, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
  ["millisecond", 0.001],
];

/** `2 hours, 5 minutes`: the largest part, and `decimals` parts after it. */
export function inWords(unitSeconds: number, zero: string): Formatter {
  const format: Formatter = (value, decimals) => {
    if (value === 0) return `0 ${zero}`;
    if (!Number.isFinite(value)) return toFixed(value, decimals);
    if (value < 0) return `${format(-value, decimals)} ago`;
    return wholeParts(value * unitSeconds)
      .slice(0, (decimals ?? 0) + 1)
      .join(", ");
  };
  return format;
}

/** The parts from the first that is at least one, each in whole numbers. */
function wholeParts(seconds: number): string[] {
  let rest = seconds;
  const counts = PARTS.map(([name, length]) => {
    const whole = Math.floor(rest / length + 1e-9);
    rest -= whole * length;
    return { whole, text: `${whole} ${name}${whole === 1 ? "" : "s"}` };
  });
  const first = counts.findIndex(({ whole }) => whole > 0);
  return first === -1 ? ["0 milliseconds"] : counts.slice(first).map(({ text }) => text);
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `01:02:03`, with days in front where `withDays`. */
export function clockFace(withDays: boolean): Formatter {
  const format: Formatter = (value, decimals) => {
    if (!Number.isFinite(value)) return toFixed(value, decimals);
    if (value < 0) return `${format(-value, decimals)} ago`;
    const days = withDays ? Math.floor(value / 86_400) : 0;
    const rest = Math.floor(value - days * 86_400);
    const face = [rest / 3600, (rest % 3600) / 60, rest % 60].map((part) => two(Math.floor(part)));
    return (withDays ? `${days} d ` : "") + face.join(":");
  };
  return format;
}

/** The largest distance of `12 minutes ago` in each unit, as in moment.js. */
const DISTANCES: readonly (readonly [number, number, string, string])[] = [
  [45, 1, "a few seconds", ""],
  [90, 60, "a minute", ""],
  [2700, 60, "", "minutes"],
  [5400, 3600, "an hour", ""],
  [79_200, 3600, "", "hours"],
  [129_600, 86_400, "a day", ""],
  [2_246_400, 86_400, "", "days"],
  [3_888_000, 2_629_746, "a month", ""],
  [27_648_000, 2_629_746, "", "months"],
  [47_304_000, 31_556_952, "a year", ""],
  [Infinity, 31_556_952, "", "years"],
];

/** An instant in milliseconds, as its distance from now. */
export const fromNow: Formatter = (timeMs) => {
  const seconds = (Date.now() - timeMs) / 1000;
  const distance = DISTANCES.find(([limit]) => Math.abs(seconds) < limit);
  if (distance === undefined) return "–";
  const [, length, word, unit] = distance;
  const text = word === "" ? `${Math.round(Math.abs(seconds) / length)} ${unit}` : word;
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
};

/** An instant in milliseconds; today without the date where `shortToday`. */
export function instant(shortToday: boolean): Formatter {
  return (timeMs, decimals) => {
    if (!Number.isFinite(timeMs)) return toFixed(timeMs, decimals);
    const text = formatInstant(timeMs);
    const isToday = new Date(timeMs).toDateString() === new Date().toDateString();
    return shortToday && isToday ? text.slice(text.indexOf(" ") + 1) : text;
  };
}
