/** Runs of colours by name: those of heatmaps, and the continuous colour modes of fields. */

import { alongRamp, contrast, luminance } from "./colorMath";
import { resolveColor, type ChartTheme } from "./colors";

/** In which themes a scheme runs backwards, so that little is near the background. */
type Reversed = "always" | "dark" | "light";

/** Grafana's schemes: the runs of D3, which are ColorBrewer's and Matplotlib's. */
const SCHEMES: Readonly<Record<string, readonly [Reversed, string]>> = {
  BrBG: ["always", "543005 8c510a bf812d dfc27d f6e8c3 f5f5f5 c7eae5 80cdc1 35978f 01665e 003c30"],
  PiYG: ["always", "8e0152 c51b7d de77ae f1b6da fde0ef f7f7f7 e6f5d0 b8e186 7fbc41 4d9221 276419"],
  PRGn: ["always", "40004b 762a83 9970ab c2a5cf e7d4e8 f7f7f7 d9f0d3 a6dba0 5aae61 1b7837 00441b"],
  PuOr: ["always", "2d004b 542788 8073ac b2abd2 d8daeb f7f7f7 fee0b6 fdb863 e08214 b35806 7f3b08"],
  RdBu: ["always", "67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061"],
  RdGy: ["always", "67001f b2182b d6604d f4a582 fddbc7 ffffff e0e0e0 bababa 878787 4d4d4d 1a1a1a"],
  RdYlBu: [
    "always",
    "a50026 d73027 f46d43 fdae61 fee090 ffffbf e0f3f8 abd9e9 74add1 4575b4 313695",
  ],
  RdYlGn: [
    "always",
    "a50026 d73027 f46d43 fdae61 fee08b ffffbf d9ef8b a6d96a 66bd63 1a9850 006837",
  ],
  Spectral: [
    "always",
    "9e0142 d53e4f f46d43 fdae61 fee08b ffffbf e6f598 abdda4 66c2a5 3288bd 5e4fa2",
  ],
  Blues: ["dark", "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b"],
  Greens: ["dark", "f7fcf5 e5f5e0 c7e9c0 a1d99b 74c476 41ab5d 238b45 006d2c 00441b"],
  Greys: ["dark", "ffffff f0f0f0 d9d9d9 bdbdbd 969696 737373 525252 252525 000000"],
  Oranges: ["dark", "fff5eb fee6ce fdd0a2 fdae6b fd8d3c f16913 d94801 a63603 7f2704"],
  Purples: ["dark", "fcfbfd efedf5 dadaeb bcbddc 9e9ac8 807dba 6a51a3 54278f 3f007d"],
  Reds: ["dark", "fff5f0 fee0d2 fcbba1 fc9272 fb6a4a ef3b2c cb181d a50f15 67000d"],
  BuGn: ["dark", "f7fcfd e5f5f9 ccece6 99d8c9 66c2a4 41ae76 238b45 006d2c 00441b"],
  BuPu: ["dark", "f7fcfd e0ecf4 bfd3e6 9ebcda 8c96c6 8c6bb1 88419d 810f7c 4d004b"],
  GnBu: ["dark", "f7fcf0 e0f3db ccebc5 a8ddb5 7bccc4 4eb3d3 2b8cbe 0868ac 084081"],
  OrRd: ["dark", "fff7ec fee8c8 fdd49e fdbb84 fc8d59 ef6548 d7301f b30000 7f0000"],
  PuBuGn: ["dark", "fff7fb ece2f0 d0d1e6 a6bddb 67a9cf 3690c0 02818a 016c59 014636"],
  PuBu: ["dark", "fff7fb ece7f2 d0d1e6 a6bddb 74a9cf 3690c0 0570b0 045a8d 023858"],
  PuRd: ["dark", "f7f4f9 e7e1ef d4b9da c994c7 df65b0 e7298a ce1256 980043 67001f"],
  RdPu: ["dark", "fff7f3 fde0dd fcc5c0 fa9fb5 f768a1 dd3497 ae017e 7a0177 49006a"],
  YlGnBu: ["dark", "ffffd9 edf8b1 c7e9b4 7fcdbb 41b6c4 1d91c0 225ea8 253494 081d58"],
  YlGn: ["dark", "ffffe5 f7fcb9 d9f0a3 addd8e 78c679 41ab5d 238443 006837 004529"],
  YlOrBr: ["dark", "ffffe5 fff7bc fee391 fec44f fe9929 ec7014 cc4c02 993404 662506"],
  YlOrRd: ["dark", "ffffcc ffeda0 fed976 feb24c fd8d3c fc4e2a e31a1c bd0026 800026"],
  Turbo: [
    "light",
    "23171b 4b4ccb 3987f9 26bce1 2ee5ae 57fb7a 95fb51 d3e436 feb927 ff821d e54813 af1a06 900c00",
  ],
  Cividis: [
    "light",
    "002051 062f68 1f3e6e 3c4d6e 575c6e 6d6c70 7f7c75 918c78 a49d78 bbaf71 d5c164 eed553 fdea45",
  ],
  Viridis: [
    "light",
    "440154 481f70 443983 3b528b 31688e 287c8e 21918c 20a486 35b779 5ec962 90d743 c8e020 fde725",
  ],
  Magma: [
    "light",
    "000004 100b2d 2c115f 51127c 721f81 932b80 b73779 d8456c f1605d fc8961 feb078 fed799 fcfdbf",
  ],
  Inferno: [
    "light",
    "000004 110a30 320a5e 57106e 781c6d 9a2865 bc3754 d84c3e ed6925 f98e09 fbb61a f4df53 fcffa4",
  ],
  Plasma: [
    "light",
    "0d0887 3a049a 5c01a6 7e03a8 9c179e b52f8c cc4778 de5f65 ed7953 f89540 fdb42f fbd524 f0f921",
  ],
  Warm: [
    "light",
    "6e40aa 8f3db2 b23cb2 d23ea7 ee4395 ff4e7d ff5e63 ff734b ff8c38 efa72f d9c231 c2db40 aff05b",
  ],
  Cool: [
    "light",
    "6e40aa 6351c3 5465d6 417de0 2f96e0 21b0d5 1ac7c2 1cdba9 28ea8d 40f373 60f760 87f557 aff05b",
  ],
  Cubehelix: [
    "light",
    "000000 181028 182e49 16534c 2b6f39 607a2f a07949 cb7c85 d490c6 c7b3ed c2d8f3 d9f2ef ffffff",
  ],
  Rainbow: [
    "always",
    "6e40aa b23cb2 ee4395 ff5e63 ff8c38 d9c231 aff05b 60f760 28ea8d 1ac7c2 2f96e0 5465d6 6e40aa",
  ],
  Sinebow: [
    "always",
    "ff4040 ee8011 bfbf00 7fee11 40ff40 11ee80 00bfbf 117fee 4040ff 7f11ee bf00bf ee117f ff4040",
  ],
};

/** Grafana's colour modes by value, from the least to the greatest. */
const CONTINUOUS: Readonly<Record<string, readonly string[]>> = {
  "continuous-GrYlRd": ["green", "yellow", "red"],
  "continuous-RdYlGr": ["red", "yellow", "green"],
  "continuous-BlYlRd": ["dark-blue", "super-light-yellow", "dark-red"],
  "continuous-YlRd": ["super-light-yellow", "dark-red"],
  "continuous-BlPu": ["blue", "purple"],
  "continuous-YlBl": ["super-light-yellow", "dark-blue"],
  "continuous-blues": ["panel-bg", "dark-blue"],
  "continuous-reds": ["panel-bg", "dark-red"],
  "continuous-greens": ["panel-bg", "dark-green"],
  "continuous-purples": ["panel-bg", "dark-purple"],
  "continuous-viridis": rampOf("Viridis"),
  "continuous-magma": rampOf("Magma"),
  "continuous-plasma": rampOf("Plasma"),
  "continuous-inferno": rampOf("Inferno"),
  "continuous-cividis": rampOf("Cividis"),
};

function rampOf(scheme: string): string[] {
  const [, colors] = SCHEMES[scheme] ?? ["dark", ""];
  return colors.split(" ").map((color) => `#${color}`);
}

/** The colour at `share` of a continuous colour mode; undefined where `mode` is none. */
export function continuousColor(
  mode: string,
  share: number,
  theme: ChartTheme,
): string | undefined {
  const names = CONTINUOUS[mode];
  if (names === undefined) return undefined;
  const colors = names.map((name) => resolveColor(name, theme));
  return alongRamp(colors, share);
}

const knownRuns = new Map<string, readonly string[]>();

/** `steps` colours along a scheme, as it is written. */
function runOf(scheme: string, steps: number): readonly string[] {
  const key = `${scheme} ${steps}`;
  const known = knownRuns.get(key);
  if (known !== undefined) return known;
  const colors = rampOf(scheme);
  const run = Array.from({ length: steps }, (_, step) => alongRamp(colors, step / (steps - 1)));
  knownRuns.set(key, run);
  return run;
}

/** `steps` colours of a scheme, least first, as Grafana's heatmap has them; Oranges by default. */
export function schemeColors(
  name: string,
  steps: number,
  isReversed: boolean,
  theme: ChartTheme,
): string[] {
  const known = SCHEMES[name] === undefined ? "Oranges" : name;
  const run = runOf(known, Math.max(2, steps));
  return turnsIn(SCHEMES[known]?.[0] ?? "dark", theme) === isReversed ? [...run] : run.toReversed();
}

/** So much the least colour of a heatmap stands out: a single slow call is what one looks for. */
const LEAST_CONTRAST = 1.5;
const FINE_STEPS = 256;
/** They are worked out once, not at each drawing. */
const visibleRuns = new Map<string, string[]>();

/** As `schemeColors`, without the beginning that can not be told from the panel's ground. */
export function visibleSchemeColors(
  name: string,
  steps: number,
  isReversed: boolean,
  theme: ChartTheme,
): string[] {
  const key = JSON.stringify([name, steps, isReversed, theme.background]);
  const known = visibleRuns.get(key);
  if (known !== undefined) return known;
  const fine = schemeColors(name, FINE_STEPS, isReversed, theme);
  const isVisible = (color: string): boolean => contrast(color, theme.background) >= LEAST_CONTRAST;
  const visible = fine.slice(Math.max(0, fine.findIndex(isVisible)));
  const colors = evenly(visible, Math.max(2, steps));
  visibleRuns.set(key, colors);
  return colors;
}

/** `count` of `colors`, the first and the last among them. */
function evenly(colors: readonly string[], count: number): string[] {
  const places = Array.from({ length: count }, (_, step) => step / (count - 1));
  return places.flatMap((place) => colors[Math.round(place * (colors.length - 1))] ?? []);
}

function turnsIn(reversed: Reversed, theme: ChartTheme): boolean {
  if (reversed === "always") return true;
  return reversed === (isDark(theme) ? "dark" : "light");
}

export function isDark(theme: ChartTheme): boolean {
  return luminance(theme.background) < 0.4;
}
