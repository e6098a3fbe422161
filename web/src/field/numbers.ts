/** Numbers as text: rounding, and suffixes that go with a number's size. */

export type Formatter = (value: number, decimals: number | undefined) => string;

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

export function plain(suffix: string): Formatter {
  return (value, decimals) => toFixed(value, decimals) + suffix;
}

export function prefixed(prefix: string): Formatter {
  return (value, decimals) => prefix + toFixed(value, decimals);
}

/** Powers of `factor`, each with its suffix; `offset` is the place of the plain unit. */
export function scaled(factor: number, suffixes: readonly string[], offset = 0): Formatter {
  return (value, decimals) => {
    if (value === 0 || !Number.isFinite(value))
      return toFixed(value, decimals) + (suffixes[offset] ?? "");
    const exponent = Math.floor(Math.log(Math.abs(value)) / Math.log(factor) + 1e-9);
    const power = Math.min(Math.max(exponent, -offset), suffixes.length - 1 - offset);
    return toFixed(value / factor ** power, decimals) + (suffixes[power + offset] ?? "");
  };
}

/** Thousands, millions, billions and trillions of something. */
export function count(symbol: string): Formatter {
  return scaled(
    1000,
    ["", "K", "M", "B", "T"].map((prefix) => `${prefix} ${symbol}`),
  );
}

const METRIC_PREFIXES = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const BINARY_PREFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

/** A unit with metric prefixes; the values themselves have the prefix `power` places up. */
export function metric(symbol: string, power = 0): Formatter {
  const suffixes = METRIC_PREFIXES.map((prefix) => ` ${prefix}${symbol}`);
  return scaled(1000, suffixes, METRIC_PREFIXES.indexOf("") + power);
}

/** As `metric`, in powers of 1024; there is nothing below the unit itself. */
export function binary(symbol: string, power = 0): Formatter {
  const suffixes = BINARY_PREFIXES.map((prefix) => ` ${prefix}${symbol}`);
  return scaled(1024, suffixes, power);
}

/** An amount of money: the symbol in front, with Grafana's suffixes for thousands. */
export function currency(symbol: string): Formatter {
  const amount = scaled(1000, ["", "K", "M", "B", "T"]);
  return (value, decimals) => symbol + amount(value, decimals);
}
