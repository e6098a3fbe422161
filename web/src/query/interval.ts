/** The step of a query and the variables that hang on it, by the rules of Grafana's Prometheus data source. */

import type { TimeRange } from "../api/prometheus";

/** Upper limits of a raw interval and what it is rounded to, in milliseconds (Grafana's `roundInterval`). */
const ROUNDING: readonly (readonly [number, number])[] = [
  [10, 1],
  [15, 10],
  [35, 20],
  [75, 50],
  [150, 100],
  [350, 200],
  [750, 500],
  [1500, 1000],
  [3500, 2000],
  [7500, 5000],
  [12_500, 10_000],
  [17_500, 15_000],
  [25_000, 20_000],
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
  [9_000_000, 7_200_000],
  [16_200_000, 10_800_000],
  [32_400_000, 21_600_000],
  [86_400_000, 43_200_000],
  [604_800_000, 86_400_000],
  [1_814_400_000, 604_800_000],
  [3_628_800_000, 2_592_000_000],
];

const YEAR_MS = 31_536_000_000;

/** Prometheus refuses a query of more points for each series than this. */
const MAX_POINTS = 11_000;

/** An interval in milliseconds, rounded to one that reads well. */
export function roundIntervalMs(intervalMs: number): number {
  return ROUNDING.find(([limit]) => intervalMs <= limit)?.[1] ?? YEAR_MS;
}

/** `$__interval`: one point for each of `maxDataPoints`, rounded, and never below `minIntervalMs`. */
export function intervalMs(range: TimeRange, maxDataPoints: number, minIntervalMs: number): number {
  const raw = (range.toMs - range.fromMs) / Math.max(1, maxDataPoints);
  const calculated = raw < minIntervalMs ? minIntervalMs : roundIntervalMs(raw);
  const safe = roundIntervalMs((range.toMs - range.fromMs) / MAX_POINTS);
  return Math.max(calculated, safe);
}

/** `$__rate_interval`: wide enough that a rate over it always has the two samples it needs. */
export function rateIntervalMs(interval: number, minStepMs: number): number {
  return Math.max(interval + minStepMs, 4 * minStepMs);
}

/** Start and end moved down to a multiple of the step, so that a refresh asks for the same instants. */
export function alignRange(range: TimeRange, stepMs: number, utcOffsetMs: number): TimeRange {
  const align = (timeMs: number): number =>
    Math.floor((timeMs + utcOffsetMs) / stepMs) * stepMs - utcOffsetMs;
  return { fromMs: align(range.fromMs), toMs: align(range.toMs) };
}
