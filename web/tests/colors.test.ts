import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { channelsOf, contrast, linear } from "../src/field/colorMath";
import {
  asText,
  HUES,
  resolveColor,
  shadeOf,
  type ChartTheme,
  type Hue,
} from "../src/field/colors";
import { continuousColor, schemeColors, visibleSchemeColors } from "../src/field/schemes";
import { THEME } from "./fixtures";

const STYLE = readFileSync(new URL("../src/styles/theme.css", import.meta.url), "utf8");
const [DARK_STYLE = "", LIGHT_STYLE = ""] = STYLE.split(':root[data-theme="light"]');

type Matrix = readonly (readonly [number, number, number])[];

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear light. */
const VISIONS: Readonly<Record<string, Matrix>> = {
  full: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const TO_CONES: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];

const TO_OKLAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

function times(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, one, at) => sum + one * (vector[at] ?? 0), 0));
}

/** What somebody with that vision sees, in a space where distance is difference. */
function seen(color: string, vision: Matrix): number[] {
  const light = times(vision, channelsOf(color).map(linear));
  const inside = light.map((one) => Math.min(1, Math.max(0, one)));
  return times(TO_OKLAB, times(TO_CONES, inside).map(Math.cbrt));
}

function distance(one: string, other: string, vision: Matrix): number {
  const [a, b] = [seen(one, vision), seen(other, vision)];
  return Math.hypot(...a.map((value, at) => value - (b[at] ?? 0)));
}

/** About four times what can just be told apart side by side. */
const APART = 0.07;

function token(style: string, name: string): string {
  const color = new RegExp(`--${name}: (#[0-9a-f]+);`).exec(style)?.[1];
  if (color === undefined) throw new Error(`theme.css has no --${name}`);
  return color;
}

function tooClose(colors: readonly string[], vision: Matrix): string[] {
  const pairs = colors.flatMap((one, at) => colors.slice(at + 1).map((other) => [one, other]));
  return pairs
    .filter(([one = "", other = ""]) => distance(one, other, vision) < APART)
    .map((pair) => pair.join(" and "));
}

it("knows the distance of black and white, and a pair that few can tell apart", () => {
  const { full = [], deuteranopia = [] } = VISIONS;
  expect(distance("#000000", "#ffffff", full)).toBeCloseTo(1, 3);
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 3);
  expect(tooClose(["#c05a5a", "#82803f"], full)).toEqual([]);
  expect(tooClose(["#c05a5a", "#82803f"], deuteranopia)).toHaveLength(1);
});

describe.each([
  ["dark", DARK_STYLE],
  ["light", LIGHT_STYLE],
])("the %s theme", (_, style) => {
  const palette = Array.from({ length: 8 }, (_, at) => token(style, `series-${at + 1}`));
  const hues = HUES.map((hue) => token(style, hue));
  const grounds = ["canvas", "panel"].map((name) => token(style, name));

  it.each(Object.keys(VISIONS))("has series that differ in %s vision", (vision) => {
    expect(tooClose(palette, VISIONS[vision] ?? [])).toEqual([]);
  });

  it.each(Object.keys(VISIONS))("has states that differ in %s vision", (vision) => {
    expect(tooClose(hues, VISIONS[vision] ?? [])).toEqual([]);
  });

  it("has series and states that stand out from the ground", () => {
    const panel = token(style, "panel");
    const pale = [...palette, ...hues].filter((color) => contrast(color, panel) < 3);
    expect(pale).toEqual([]);
  });

  it.each(["text", "text-muted", "link", "danger"])("has readable text in --%s", (name) => {
    const contrasts = grounds.map((ground) => contrast(token(style, name), ground));
    expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(4.5);
  });

  it("makes every hue readable as a text", () => {
    const theme: ChartTheme = {
      ...THEME,
      text: token(style, "text"),
      background: token(style, "panel"),
    };
    const contrasts = hues.map((color) => contrast(asText(color, theme), theme.background));
    expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(4.5);
  });
});

describe("schemes", () => {
  const dark: ChartTheme = { ...THEME, background: "#181b1f" };

  it("begin near the ground and end far from it, in both themes", () => {
    for (const theme of [dark, { ...THEME, background: "#ffffff" }]) {
      for (const scheme of ["Oranges", "Viridis", "Blues", "YlOrRd"]) {
        const colors = schemeColors(scheme, 9, false, theme);
        const [first = "", last = ""] = [colors[0], colors.at(-1)];
        expect(contrast(last, theme.background)).toBeGreaterThan(contrast(first, theme.background));
      }
    }
  });

  it("of heatmaps let a single count be told from the ground, and keep their far end", () => {
    for (const theme of [dark, { ...THEME, background: "#ffffff" }]) {
      for (const scheme of ["Oranges", "Viridis", "Magma", "Blues", "Turbo"]) {
        const colors = visibleSchemeColors(scheme, 64, false, theme);
        expect(colors).toHaveLength(64);
        expect(contrast(colors[0] ?? "", theme.background)).toBeGreaterThanOrEqual(1.5);
        expect(colors.at(-1)).toBe(schemeColors(scheme, 64, false, theme).at(-1));
      }
    }
  });

  it("have the ends of D3's runs, as many steps as asked for, and turn round", () => {
    const light: ChartTheme = { ...THEME, background: "#ffffff" };
    expect(schemeColors("Oranges", 64, false, light)).toHaveLength(64);
    expect(schemeColors("Oranges", 3, false, light)).toEqual(["#fff5eb", "#fb8d3d", "#7f2704"]);
    expect(schemeColors("Oranges", 3, true, light)[0]).toBe("#7f2704");
    expect(schemeColors("Viridis", 2, false, dark)).toEqual(["#440154", "#fde725"]);
  });

  it("run through the hues of a continuous colour mode", () => {
    expect(continuousColor("continuous-GrYlRd", 0, THEME)).toBe(THEME.hues.green);
    expect(continuousColor("continuous-GrYlRd", 1, THEME)).toBe(THEME.hues.red);
    expect(continuousColor("palette-classic", 1, THEME)).toBeUndefined();
  });
});

describe("shades", () => {
  it("of a hue are darker and lighter", () => {
    const theme: ChartTheme = { ...THEME, background: "#000000" };
    const names: `${string}${Hue}`[] = ["dark-red", "semi-dark-red", "red", "light-red"];
    const contrasts = names.map((name) => contrast(resolveColor(name, theme), "#000000"));
    expect(contrasts).toEqual(contrasts.toSorted((a, b) => a - b));
  });

  it("of a series' colour all differ", () => {
    const shades = Array.from({ length: 7 }, (_, at) => shadeOf("#5794f2", at));
    expect(new Set(shades).size).toBe(7);
  });
});
