/** Colours: Grafana's names, and a palette of series that colour-blind people can tell apart. */

/** What of the page's theme goes into a chart's option; read from the style sheet. */
export interface ChartTheme {
  text: string;
  mutedText: string;
  gridLine: string;
  background: string;
  track: string;
  fontFamily: string;
  /** One colour for each series; after the last they begin again. */
  palette: readonly string[];
}

type Shades = readonly [string, string, string, string, string];

const SHADES = ["dark-", "semi-dark-", "", "light-", "super-light-"] as const;

/** Hue to its five shades, dark to light (Grafana's visualization palette). */
const HUES: Readonly<Record<string, Shades>> = {
  red: ["#C4162A", "#E02F44", "#F2495C", "#FF7383", "#FFA6B0"],
  orange: ["#FA6400", "#FF780A", "#FF9830", "#FFB357", "#FFCB7D"],
  yellow: ["#E0B400", "#F2CC0C", "#FADE2A", "#FFEE52", "#FFF899"],
  green: ["#37872D", "#56A64B", "#73BF69", "#96D98D", "#C8F2C2"],
  blue: ["#1F60C4", "#3274D9", "#5794F2", "#8AB8FF", "#C0D8FF"],
  purple: ["#8F3BB8", "#A352CC", "#B877D9", "#CA95E5", "#DEB6F2"],
};

const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries(HUES).flatMap(([hue, shades]) =>
    SHADES.map((shade, index) => [shade + hue, shades[index] ?? hue] as const),
  ),
);

/** A CSS colour for one of Grafana's names; what is not a name is a CSS colour already. */
export function resolveColor(name: string, theme: ChartTheme): string {
  if (name === "text") return theme.text;
  return NAMED.get(name) ?? name;
}

/** The colour of the series at `index`. */
export function paletteColor(index: number, theme: ChartTheme): string {
  return theme.palette[index % theme.palette.length] ?? theme.text;
}

/** Black or white, whichever reads better on the hexadecimal colour `background`. */
export function readableOn(background: string, theme: ChartTheme): string {
  const channels = /^#(..)(..)(..)/.exec(background)?.slice(1);
  if (channels === undefined) return theme.text;
  const [red = 0, green = 0, blue = 0] = channels.map((pair) => parseInt(pair, 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 130 ? "#111217" : "#ffffff";
}
