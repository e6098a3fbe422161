/** The ends and the distance of ticks of a value axis, at round numbers of its unit. */

import type { Bounds } from "../field/display";

export interface Scale extends Bounds {
  /** Distance of two ticks; of powers on a logarithmic scale. */
  interval: number;
}

const DECIMAL = [1, 2, 2.5, 5];
const SECONDS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
const BINARY_UNITS = new Set(["bytes", "bits", "binBps", "binbps"]);

/** The least round interval of at least `raw` in `unit`. */
export function niceInterval(raw: number, unit: string | undefined): number {
  if (unit === "s" && raw > 50) return SECONDS.find((one) => one >= raw) ?? roundDays(raw);
  if (BINARY_UNITS.has(unit ?? "") && raw > 1) return 2 ** Math.ceil(Math.log2(raw));
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = DECIMAL.find((one) => one * power >= raw * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function roundDays(seconds: number): number {
  return niceInterval(seconds / 86_400, undefined) * 86_400;
}

/** What the ends of an axis are held to. */
export interface Limits {
  min: number | undefined;
  max: number | undefined;
  softMin: number | undefined;
  softMax: number | undefined;
  isCenteredOnZero: boolean;
  unit: string | undefined;
  /** Of the ticks' distance, where only whole numbers make sense. */
  minInterval: number;
}

/** A linear scale over `extent` with about `ticks` ticks; ends that are not fixed are round. */
export function linearScale(extent: Bounds | undefined, limits: Limits, ticks: number): Scale {
  const wanted = withSlack(withSoftLimits(extent, limits));
  const low = limits.min ?? wanted.min;
  const high = limits.max ?? wanted.max;
  const span = high > low ? high - low : 1;
  const interval = Math.max(niceInterval(span / ticks, limits.unit), limits.minInterval);
  return {
    min: limits.min ?? exact(Math.floor(low / interval + 1e-9) * interval),
    max: limits.max ?? exact(Math.ceil((low + span) / interval - 1e-9) * interval),
    interval,
  };
}

/** Takes away the last bits' noise of a multiple of a fraction, such as 0.30000000000000004. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}

function withSoftLimits(extent: Bounds | undefined, limits: Limits): Bounds {
  const data = extent ?? { min: limits.softMin ?? 0, max: limits.softMax ?? 1 };
  const min = Math.min(data.min, limits.softMin ?? Infinity);
  const max = Math.max(data.max, limits.softMax ?? -Infinity);
  if (!limits.isCenteredOnZero) return { min, max };
  const reach = Math.max(Math.abs(min), Math.abs(max));
  return { min: -reach, max: reach };
}

/** One value alone stands in the middle between zero and its double. */
function withSlack({ min, max }: Bounds): Bounds {
  if (max > min) return { min, max };
  if (min === 0) return { min: 0, max: 1 };
  return min > 0 ? { min: 0, max: 2 * min } : { min: 2 * min, max: 0 };
}

/** A logarithmic scale between whole powers of `base`; `extent` holds positive values only. */
export function logScale(extent: Bounds | undefined, limits: Limits, base: number): Scale {
  const { min, max } = extent ?? { min: 1, max: base };
  const power = (value: number, round: (power: number) => number): number =>
    base ** round(Number((Math.log(value) / Math.log(base)).toPrecision(12)));
  const low = positive(limits.min) ?? power(Math.min(min, limits.softMin ?? min), Math.floor);
  const high = positive(limits.max) ?? power(Math.max(max, limits.softMax ?? max), Math.ceil);
  return { min: low, max: high > low ? high : low * base, interval: 1 };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
