/** Values with units, written as Grafana writes them. */

type Formatter = (value: number, decimals: number | undefined) => string;

/** `value` in the Grafana unit `unit`; without `decimals`, as many as the value's size asks for. */
export function formatValue(
  value: number,
  unit: string | undefined,
  decimals?: number | null,
): string {
  const format = FORMATTERS[unit ?? "none"] ?? customUnit(unit ?? "none");
  return format(value, decimals ?? undefined);
}

/** As `formatValue`, without zeros at the end of a fraction: ticks of an axis are round numbers. */
export function formatTick(
  value: number,
  unit: string | undefined,
  decimals?: number | null,
): string {
  return formatValue(value, unit, decimals).replace(/\.(\d*?)0+(?!\d)/, (_, digits: string) =>
    digits === "" ? "" : `.${digits}`,
  );
}

/** More digits than a double has; a denormal number would ask for hundreds. */
const MAX_DECIMALS = 20;

/** Rounds for display; without `decimals` to three significant digits, as in Grafana. */
export function toFixed(value: number, decimals: number | undefined): string {
  if (!Number.isFinite(value)) return value.toLocaleString("en");
  const places = Math.min(decimals ?? usefulDecimals(value), MAX_DECIMALS);
  const factor = 10 ** places;
  return (Math.round(value * factor) / factor).toFixed(places);
}

function usefulDecimals(value: number): number {
  if (Number.isInteger(value)) return 0;
  return Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
}

function plain(suffix: string): Formatter {
  return (value, decimals) => toFixed(value, decimals) + suffix;
}

/** Powers of `factor`, each with its suffix; `offset` is the place of the plain unit. */
function scaled(factor: number, suffixes: readonly string[], offset = 0): Formatter {
  return (value, decimals) => {
    if (value === 0 || !Number.isFinite(value))
      return toFixed(value, decimals) + (suffixes[offset] ?? "");
    const exponent = Math.floor(Math.log(Math.abs(value)) / Math.log(factor) + 1e-9);
    const power = Math.min(Math.max(exponent, -offset), suffixes.length - 1 - offset);
    return toFixed(value / factor ** power, decimals) + (suffixes[power + offset] ?? "");
  };
}

function count(symbol: string): Formatter {
  return scaled(
    1000,
    ["", "K", "M", "B", "T"].map((prefix) => `${prefix} ${symbol}`),
  );
}

function metric(symbol: string): Formatter {
  const prefixes = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];
  return scaled(
    1000,
    prefixes.map((prefix) => ` ${prefix}${symbol}`),
    5,
  );
}

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

function span(unitSeconds: number): Formatter {
  return (value, decimals) => {
    if (value === 0)
      return `0 ${{ 1: "s", 0.001: "ms", 60: "mins", 3600: "hours" }[unitSeconds] ?? "s"}`;
    const seconds = value * unitSeconds;
    const [, length, suffix] = SPANS.find(([limit]) => Math.abs(seconds) < limit) ?? [0, 1, " s"];
    return toFixed(Number((seconds / length).toPrecision(12)), decimals) + suffix;
  };
}

const FORMATTERS: Readonly<Record<string, Formatter>> = {
  none: plain(""),
  short: scaled(1000, ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"]),
  sishort: metric(""),
  percent: plain("%"),
  percentunit: (value, decimals) => `${toFixed(100 * value, decimals)}%`,
  ms: span(0.001),
  s: span(1),
  m: span(60),
  h: span(3600),
  bytes: scaled(1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]),
  decbytes: scaled(1000, [" B", " kB", " MB", " GB", " TB", " PB"]),
  cps: count("c/s"),
  ops: count("ops/s"),
  reqps: count("req/s"),
  eps: count("evt/s"),
  cpm: count("c/m"),
  opm: count("ops/m"),
  reqpm: count("req/m"),
  epm: count("evts/m"),
  hertz: metric("Hz"),
};

/** A unit that is in no list is shown behind the number, as in Grafana; so is `suffix:xyz`. */
function customUnit(unit: string): Formatter {
  if (unit.startsWith("prefix:")) {
    return (value, decimals) => unit.slice("prefix:".length) + toFixed(value, decimals);
  }
  return plain(` ${unit.replace(/^suffix:/, "")}`);
}
