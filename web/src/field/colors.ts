/** Colours by Grafana's names, and a palette of series that colour-blind people can tell apart. */

import { contrast, mixed } from "./colorMath";

/** What of the page's theme goes into a chart's option; read from the style sheet. */
export interface ChartTheme {
  text: string;
  mutedText: string;
  gridLine: string;
  background: string;
  track: string;
  fontFamily: string;
  /** One colour for each series. */
  palette: readonly string[];
  /** Grafana's hues by name, in shades that this theme's background carries. */
  hues: Readonly<Record<Hue, string>>;
}

export const HUES = ["red", "orange", "yellow", "green", "blue", "purple"] as const;
export type Hue = (typeof HUES)[number];

/** Grafana's shades of a hue: what is mixed into it, and how much. */
const SHADES: ReadonlyMap<string, readonly [string, number]> = new Map([
  ["dark-", ["#000000", 0.35]],
  ["semi-dark-", ["#000000", 0.18]],
  ["light-", ["#ffffff", 0.3]],
  ["super-light-", ["#ffffff", 0.6]],
]);

const NAME = /^(dark-|semi-dark-|light-|super-light-)?(red|orange|yellow|green|blue|purple)$/;

/** A CSS colour for one of Grafana's names; what is not a name is a CSS colour already. */
export function resolveColor(name: string, theme: ChartTheme): string {
  if (name === "text") return theme.text;
  if (name === "panel-bg") return theme.background;
  const [, shade, hue] = NAME.exec(name) ?? [];
  if (hue === undefined) return name;
  const base = theme.hues[hue as Hue];
  const [other, share] = SHADES.get(shade ?? "") ?? [base, 0];
  return share === 0 ? base : mixed(base, other, share);
}

/** How far each further round through the palette goes towards the text's colour. */
const ROUNDS = [0, 0.35, 0.6] as const;

/** The colour of the series at `index`; after the last colour come duller ones. */
export function paletteColor(index: number, theme: ChartTheme): string {
  const color = theme.palette[index % theme.palette.length] ?? theme.text;
  const round = Math.floor(index / theme.palette.length) % ROUNDS.length;
  return round === 0 ? color : mixed(color, theme.text, ROUNDS[round] ?? 0);
}

/** The palette's colour for a name, the same wherever the name is. */
export function colorOfName(name: string, theme: ChartTheme): string {
  let hash = 5381;
  for (const character of name) hash = (hash * 33 + (character.codePointAt(0) ?? 0)) % 4294967296;
  return paletteColor(hash, theme);
}

/** The colour at `index` of a row of lighter and darker ones around `base`. */
export function shadeOf(base: string, index: number): string {
  const place = index % 7;
  if (place === 0) return base;
  return mixed(base, place % 2 === 1 ? "#ffffff" : "#000000", 0.16 * Math.ceil(place / 2));
}

/** What text needs to be read easily. */
const TEXT_CONTRAST = 4.5;

/** `color` for a text on the panel, as far towards the theme's own text as it has to be. */
export function asText(color: string, theme: ChartTheme): string {
  if (Number.isNaN(contrast(color, theme.background))) return theme.text;
  const shares = Array.from({ length: 10 }, (_, step) => step / 10);
  const candidates = shares.map((share) => mixed(color, theme.text, share));
  const isReadable = (one: string) => contrast(one, theme.background) >= TEXT_CONTRAST;
  return candidates.find(isReadable) ?? theme.text;
}

const INK = "#111217";
const PAPER = "#ffffff";

/** Black or white, whichever reads better on the hexadecimal colour `background`. */
export function readableOn(background: string, theme: ChartTheme): string {
  const onInk = contrast(background, INK);
  if (Number.isNaN(onInk)) return theme.text;
  return onInk >= contrast(background, PAPER) ? INK : PAPER;
}
