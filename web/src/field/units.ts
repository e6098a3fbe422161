/** Values with units, written as Grafana writes them. */

import { binary, count, currency, metric, plain, prefixed, scaled } from "./numbers";
import { toFixed, type Formatter } from "./numbers";
import { clockFace, fromNow, instant, inWords, span } from "./times";

/** `value` in the Grafana unit `unit`; without `decimals`, as many as the value's size asks for. */
export function formatValue(
  value: number,
  unit: string | undefined,
  decimals?: number | null,
): string {
  const name = unit ?? "none";
  // A unit is any text that the dashboard's author likes, `constructor` too.
  const known = Object.hasOwn(FORMATTERS, name) ? FORMATTERS[name] : undefined;
  return (known ?? customUnit(name))(value, decimals ?? undefined);
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

/** The signature of a family of units with prefixes: kilo, mega and so on. */
type Family = (symbol: string, power?: number) => Formatter;

/** A unit for each power of a family, by names such as `bytes`, `kbytes`, `mbytes`. */
function powers(family: Family, symbol: string, names: readonly string[]) {
  return Object.fromEntries(names.map((name, power) => [name, family(symbol, power)]));
}

const counts = (units: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(units).map(([unit, symbol]) => [unit, count(symbol)]));

const words = (yes: string, no: string): Formatter => {
  return (value) => (value === 0 ? no : yes);
};

const FORMATTERS: Readonly<Record<string, Formatter>> = {
  none: plain(""),
  string: (value) => String(value),
  short: scaled(1000, ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"]),
  sishort: metric(""),
  percent: plain("%"),
  percentunit: (value, decimals) => `${toFixed(100 * value, decimals)}%`,
  sci: (value, decimals) => value.toExponential(decimals),
  locale: (value, decimals) => value.toLocaleString(undefined, { maximumFractionDigits: decimals }),
  hex: (value) => Math.round(value).toString(16).toUpperCase(),
  hex0x: (value) => `0x${Math.round(value).toString(16).toUpperCase()}`,
  bool: words("True", "False"),
  bool_yes_no: words("Yes", "No"),
  bool_on_off: words("On", "Off"),

  ns: span(1e-9, "ns"),
  µs: span(1e-6, "µs"),
  ms: span(0.001, "ms"),
  s: span(1, "s"),
  m: span(60, "mins"),
  h: span(3600, "hours"),
  d: span(86_400, "days"),
  hertz: metric("Hz"),
  timeticks: span(0.01, "s"),
  dtdurationms: inWords(0.001, "milliseconds"),
  dtdurations: inWords(1, "seconds"),
  dthms: clockFace(false),
  dtdhms: clockFace(true),
  dateTimeAsIso: instant(false),
  dateTimeAsIsoNoDateIfToday: instant(true),
  dateTimeAsLocal: instant(false),
  dateTimeAsLocalNoDateIfToday: instant(true),
  dateTimeAsSystem: instant(false),
  dateTimeFromNow: fromNow,

  ...powers(binary, "B", ["bytes", "kbytes", "mbytes", "gbytes", "tbytes", "pbytes"]),
  ...powers(metric, "B", ["decbytes", "deckbytes", "decmbytes", "decgbytes", "dectbytes"]),
  bits: binary("b"),
  decbits: metric("b"),
  ...powers(binary, "B/s", ["binBps", "KiBs", "MiBs", "GiBs", "TiBs", "PiBs"]),
  ...powers(metric, "B/s", ["Bps", "KBs", "MBs", "GBs", "TBs", "PBs"]),
  ...powers(binary, "b/s", ["binbps", "Kibits", "Mibits", "Gibits", "Tibits", "Pibits"]),
  ...powers(metric, "b/s", ["bps", "Kbits", "Mbits", "Gbits", "Tbits", "Pbits"]),
  pps: metric("p/s"),

  ...counts({ cps: "c/s", ops: "ops/s", reqps: "req/s", rps: "rd/s", wps: "wr/s", iops: "io/s" }),
  ...counts({ eps: "evt/s", mps: "msg/s", recps: "rec/s", rowsps: "rows/s" }),
  ...counts({ cpm: "c/m", opm: "ops/m", reqpm: "req/m", rpm: "rd/m", wpm: "wr/m" }),
  ...counts({ epm: "evts/m", mpm: "msgs/m", recpm: "rec/m", rowspm: "rows/m" }),

  celsius: plain(" °C"),
  humidity: plain(" %H"),
  currencyUSD: currency("$"),
  currencyEUR: currency("€"),
  currencyGBP: currency("£"),
};

/** `prefix:x`, `suffix:x`, `count:x`, `si:x`, `currency:x`, `bool:yes/no`, `time:` of Grafana. */
const CUSTOM: Readonly<Record<string, (argument: string) => Formatter>> = {
  prefix: prefixed,
  suffix: (symbol) => plain(` ${symbol}`),
  count,
  si: metric,
  currency,
  bool: (argument) => {
    const [yes = "", no = "-"] = argument.split("/");
    return words(yes, no);
  },
  time: () => instant(false),
};

/** A unit that is in no list is shown behind the number, as in Grafana. */
function customUnit(unit: string): Formatter {
  const [, kind = "", argument = ""] = /^(\w+):(.*)$/.exec(unit) ?? [];
  const make = Object.hasOwn(CUSTOM, kind) ? CUSTOM[kind] : undefined;
  return make?.(argument) ?? plain(` ${unit}`);
}
