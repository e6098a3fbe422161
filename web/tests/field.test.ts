import { describe, expect, it } from "vitest";

import type { FieldConfig, ValueMapping } from "../src/dashboard/model";
import { paletteColor, readableOn, resolveColor } from "../src/field/colors";
import { fieldConfigOf } from "../src/field/config";
import {
  boundsOf,
  displayColor,
  displayText,
  extentOf,
  thresholdSteps,
} from "../src/field/display";
import { reduce } from "../src/field/reduce";
import { formatTick, formatValue } from "../src/field/units";
import { panelOf, seriesNamed, THEME } from "./fixtures";

const BOUNDS = { min: 0, max: 200 };
const fieldWith = (config: FieldConfig) => ({ name: "a", config, bounds: BOUNDS, index: 0 });
const THRESHOLDS: FieldConfig = {
  color: { mode: "thresholds" },
  thresholds: {
    mode: "absolute",
    steps: [
      { value: null, color: "green" },
      { value: 80, color: "red" },
    ],
  },
};

describe("units", () => {
  it.each([
    [0, "s", "0 s"],
    [0.00025, "s", "250 µs"],
    [0.0635, "s", "63.5 ms"],
    [1.25, "s", "1.25 s"],
    [90, "s", "1.50 mins"],
    [7200, "s", "2 hours"],
    [1500, "ms", "1.50 s"],
    [1234, "short", "1.23 K"],
    [2_500_000, "short", "2.50 Mil"],
    [0, "short", "0"],
    [1000, "reqpm", "1K req/m"],
    [12, "reqpm", "12 req/m"],
    [3, "cpm", "3 c/m"],
    [0.256, "percentunit", "25.6%"],
    [2048, "bytes", "2 KiB"],
    [-5, "none", "-5"],
    [7, "workers", "7 workers"],
    [7, undefined, "7"],
    [Infinity, "none", "∞"],
    [5e-324, "none", "0.00000000000000000000"],
  ])("writes %d in %s as %s", (value, unit, expected) => {
    expect(formatValue(value, unit)).toBe(expected);
  });

  it("keeps to the number of decimals asked for", () => {
    expect(formatValue(2.345, "none", 1)).toBe("2.3");
    expect(formatValue(2, "none", 2)).toBe("2.00");
  });

  it.each([
    [0.5, "s", "500 ms"],
    [2.5, "s", "2.5 s"],
    [1500, "reqpm", "1.5K req/m"],
    [100, "none", "100"],
  ])("writes the tick %d in %s as %s", (value, unit, expected) => {
    expect(formatTick(value, unit)).toBe(expected);
  });
});

describe("colours", () => {
  it("knows Grafana's names and leaves CSS colours alone", () => {
    expect(resolveColor("green", THEME)).toBe("#73bf69");
    expect(resolveColor("semi-dark-red", THEME)).toBe("#c63c4b");
    expect(resolveColor("super-light-blue", THEME)).toBe("#bcd4fa");
    expect(resolveColor("text", THEME)).toBe(THEME.text);
    expect(resolveColor("#123456", THEME)).toBe("#123456");
  });

  it("goes on in duller colours after the palette's end, and begins again after those", () => {
    expect(paletteColor(1, THEME)).toBe("#000002");
    expect(paletteColor(4, THEME)).toBe("#060607");
    expect(paletteColor(10, THEME)).toBe("#000002");
  });

  it("writes dark on bright and bright on dark", () => {
    expect(readableOn("#FADE2A", THEME)).toBe("#111217");
    expect(readableOn("#1F60C4", THEME)).toBe("#ffffff");
  });
});

describe("thresholds", () => {
  it.each([
    [79.9, "#73bf69"],
    [80, "#f2495c"],
    [-10, "#73bf69"],
  ])("colours %d", (value, expected) => {
    expect(displayColor(value, fieldWith(THRESHOLDS), THEME)).toBe(expected);
  });

  it("reads percentages over the bounds", () => {
    const steps = THRESHOLDS.thresholds?.steps ?? [];
    const config: FieldConfig = { thresholds: { mode: "percentage", steps } };
    expect(thresholdSteps(config, BOUNDS, THEME).map(({ value }) => value)).toEqual([
      -Infinity,
      160,
    ]);
  });
});

describe("value mappings", () => {
  const mappings: ValueMapping[] = [
    { type: "value", options: { "0": { text: "none", color: "transparent" } } },
    { type: "range", options: { from: 10, to: null, result: { text: "many", color: "red" } } },
    { type: "special", options: { match: "null", result: { text: "nothing" } } },
  ];
  const config: FieldConfig = { mappings, color: { mode: "fixed", fixedColor: "blue" } };

  it.each([
    [0, "none", "transparent"],
    [5, "5", "#5794f2"],
    [10, "many", "#f2495c"],
    [null, "nothing", "#5794f2"],
  ])("shows %s as %s", (value, text, color) => {
    expect(displayText(value, config)).toBe(text);
    expect(displayColor(value, fieldWith(config), THEME)).toBe(color);
  });
});

describe("overrides", () => {
  const panel = panelOf("timeseries", { unit: "s", custom: { lineWidth: 1 } });
  panel.fieldConfig = {
    ...panel.fieldConfig,
    overrides: [
      { matcher: { id: "byName", options: "a" }, properties: [{ id: "unit", value: "ms" }] },
      {
        matcher: { id: "byNames", options: { mode: "include", names: ["b"] } },
        properties: [{ id: "custom.lineWidth", value: 3 }],
      },
      {
        matcher: { id: "byRegexp", options: "/^a/" },
        properties: [{ id: "decimals", value: 2 }],
      },
      { matcher: { id: "byFrameRefID", options: "Z" }, properties: [{ id: "min", value: 0 }] },
    ],
  };

  it("apply to the series that they match", () => {
    expect(fieldConfigOf(panel, seriesNamed("a", []))).toEqual({
      unit: "ms",
      decimals: 2,
      custom: { lineWidth: 1 },
    });
    expect(fieldConfigOf(panel, seriesNamed("b", [])).custom).toEqual({ lineWidth: 3 });
    expect(fieldConfigOf(panel, seriesNamed("c", [], "Z"))).toMatchObject({ unit: "s", min: 0 });
  });
});

describe("reductions", () => {
  const series = seriesNamed("a", [
    [0, 4],
    [1, 1],
    [2, null],
  ]);

  it.each([
    ["lastNotNull", 1],
    ["last", null],
    ["first", 4],
    ["min", 1],
    ["max", 4],
    ["mean", 2.5],
    ["sum", 5],
    ["count", 2],
  ])("%s", (calculation, expected) => {
    expect(reduce(series, calculation)).toBe(expected);
  });

  it("of no values is no value", () => {
    expect(reduce(seriesNamed("a", []), "mean")).toBeNull();
    expect(reduce(seriesNamed("a", []), "max")).toBeNull();
  });
});

describe("bounds", () => {
  const series = [seriesNamed("a", [[0, 3]]), seriesNamed("b", [[0, 9]])];

  it("are the configuration's, and where it has none the data's", () => {
    expect(boundsOf({ min: 0 }, extentOf(series))).toEqual({ min: 0, max: 9 });
    expect(boundsOf({ min: 0, max: 50 }, extentOf(series))).toEqual({ min: 0, max: 50 });
  });

  it("are never empty", () => {
    expect(boundsOf({ min: 0 }, extentOf([seriesNamed("a", [[0, 0]])]))).toEqual({
      min: 0,
      max: 1,
    });
    expect(boundsOf({}, extentOf([]))).toEqual({ min: 0, max: 1 });
  });
});

describe("more units", () => {
  it.each([
    [3_725, "dthms", "01:02:05"],
    [90_000, "dtdhms", "1 d 01:00:00"],
    [7_500, "dtdurations", "2 hours"],
    [0.35, "dtdurations", "350 milliseconds"],
    [-90, "dtdurations", "1 minute ago"],
    [1, "bool", "True"],
    [0, "bool_yes_no", "No"],
    [1, "bool:up/down", "up"],
    [1500, "deckbytes", "1.50 MB"],
    [1024, "kbytes", "1 MiB"],
    [2_000_000, "Bps", "2 MB/s"],
    [255, "hex0x", "0xFF"],
    [1200, "currencyUSD", "$1.20K"],
    [1200, "count:tasks", "1.20K tasks"],
    [5, "prefix:~", "~5"],
    [0.5, "constructor", "0.500 constructor"],
  ])("writes %d in %s as %s", (value, unit, expected) => {
    expect(formatValue(value, unit)).toBe(expected);
  });

  it("writes as many parts of a duration as there are decimals", () => {
    expect(formatValue(7_505, "dtdurations", 2)).toBe("2 hours, 5 minutes, 5 seconds");
  });

  it("writes how long ago an instant is", () => {
    expect(formatValue(Date.now() - 180_000, "dateTimeFromNow")).toBe("3 minutes ago");
    expect(formatValue(Date.now() + 7_200_000, "dateTimeFromNow")).toBe("in 2 hours");
  });
});

describe("mappings of words", () => {
  const mappings: ValueMapping[] = [
    { type: "regex", options: { pattern: "/^task-(.*)$/", result: { text: "$1!" } } },
    { type: "special", options: { match: "empty", result: { text: "(none)" } } },
  ];

  it.each([
    ["task-a", "a!"],
    ["", "(none)"],
    ["constructor", "constructor"],
  ])("show %s as %s", (value, expected) => {
    const values: ValueMapping[] = [...mappings, { type: "value", options: {} }];
    expect(displayText(value, { mappings: values })).toBe(expected);
  });
});

describe("more reductions", () => {
  const series = seriesNamed(
    "a",
    [2, 4, 4, 1, 9].map((value, index) => [index, value]),
  );

  it.each([
    ["range", 8],
    ["diff", 7],
    ["delta", 11],
    ["median", 4],
    ["p95", 9],
    ["step", -3],
    ["stdDev", 2.7568],
    ["distinctCount", 4],
  ])("%s", (calculation, expected) => {
    expect(reduce(series, calculation)).toBeCloseTo(expected, 3);
  });

  it("leave out what is not above zero where asked to", () => {
    expect(reduce(series, "logmin")).toBe(1);
    expect(reduce(seriesNamed("a", [[0, 0]]), "logmin")).toBeNull();
  });
});
