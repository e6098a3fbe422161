import { describe, expect, it } from "vitest";

import type { FieldConfig, FieldOverride } from "../src/dashboard/model";
import { placesAfter } from "../src/panels/colorPlaces";
import { linearScale, logScale, niceInterval, type Limits } from "../src/panels/niceScale";
import type { Drawing } from "../src/panels/panel";
import { nearestPoint } from "../src/panels/pointSearch";
import { timeseries } from "../src/panels/timeseries";
import type { Point, Series } from "../src/query/series";
import { inputOf, panelOf, seriesNamed } from "./fixtures";

type Item = Record<string, unknown>;

function drawn(custom: Item, series: Series[], others: FieldConfig = {}): Drawing {
  const config = { ...others, custom: { showPoints: "never", ...custom } };
  return timeseries.draw(inputOf(panelOf("timeseries", config), series));
}

const seriesIn = (drawing: Drawing) => drawing.option.series as unknown as Item[];
const axesIn = (drawing: Drawing) => drawing.option.yAxis as unknown as Item[];

const A = seriesNamed("a", [
  [0, 1],
  [10_000, 3],
]);
const B = seriesNamed("b", [
  [0, 1],
  [10_000, 1],
]);

const FREE: Limits = {
  min: undefined,
  max: undefined,
  softMin: undefined,
  softMax: undefined,
  isCenteredOnZero: false,
  unit: undefined,
  minInterval: 0,
};

describe("scales", () => {
  it.each([
    [0.7, undefined, 1],
    [230, undefined, 250],
    [70, "s", 120],
    [0.3, "s", 0.5],
    [3000, "bytes", 4096],
  ])("part %d in %s by %d", (raw, unit, expected) => {
    expect(niceInterval(raw, unit)).toBe(expected);
  });

  it("end at round numbers around the data", () => {
    expect(linearScale({ min: 0.13, max: 0.87 }, FREE, 5)).toEqual({
      min: 0,
      max: 1,
      interval: 0.2,
    });
  });

  it("keep fixed ends, and stretch soft ones", () => {
    const limits = { ...FREE, min: 0, softMax: 10 };
    expect(linearScale({ min: 2, max: 4 }, limits, 5)).toMatchObject({ min: 0, max: 10 });
    expect(linearScale({ min: 2, max: 40 }, limits, 5)).toMatchObject({ min: 0, max: 40 });
  });

  it("have zero in the middle where asked to", () => {
    const limits = { ...FREE, isCenteredOnZero: true };
    const { min, max } = linearScale({ min: -1, max: 4 }, limits, 4);
    expect(min).toBe(-max);
  });

  it("have room around a single value", () => {
    expect(linearScale({ min: 7, max: 7 }, FREE, 4)).toMatchObject({ min: 0, max: 15 });
    expect(linearScale({ min: 0, max: 0 }, FREE, 4)).toMatchObject({ min: 0, max: 1 });
  });

  it("end at whole powers where they are logarithmic", () => {
    expect(logScale({ min: 0.03, max: 700 }, FREE, 10)).toMatchObject({ min: 0.01, max: 1000 });
    expect(logScale({ min: 3, max: 5 }, FREE, 2)).toMatchObject({ min: 2, max: 8 });
    expect(logScale({ min: 3, max: 5 }, { ...FREE, min: 0 }, 2)).toMatchObject({ min: 2, max: 8 });
  });
});

describe("logarithmic axes", () => {
  it("put what is not positive at their foot", () => {
    const zeros = seriesNamed("zeros", [
      [0, 0],
      [10_000, 50],
      [20_000, -3],
    ]);
    const drawing = drawn({ scaleDistribution: { type: "log", log: 10 } }, [zeros]);
    expect(axesIn(drawing)).toMatchObject([{ type: "log", logBase: 10, min: 10, max: 100 }]);
    expect(seriesIn(drawing)[0]?.data).toEqual([
      [0, 10],
      [10_000, 50],
      [20_000, 10],
    ]);
    expect(drawing.tooltip?.({ timeMs: 0, y: 10 })?.rows[0]?.text).toBe("0");
  });
});

describe("stacks", () => {
  const C = seriesNamed("c", [[10_000, 4]]);

  it("have a point of every series at every instant", () => {
    const drawing = drawn({ stacking: { mode: "normal", group: "A" } }, [A, C]);
    expect(seriesIn(drawing)[1]?.data).toEqual([
      [0, null],
      [10_000, 4],
    ]);
    const stacks = seriesIn(drawing)
      .slice(0, 2)
      .map(({ stack }) => stack);
    expect(new Set(stacks).size).toBe(1);
    expect(axesIn(drawing)[0]).toMatchObject({ min: 0, max: 8 });
  });

  it("to 100 % hold shares, and the tooltip the values", () => {
    const drawing = drawn({ stacking: { mode: "percent" } }, [A, B], { unit: "s" });
    expect(seriesIn(drawing)[0]?.data).toEqual([
      [0, 0.5],
      [10_000, 0.75],
    ]);
    expect(axesIn(drawing)[0]).toMatchObject({ min: 0, max: 1 });
    expect(drawing.tooltip?.({ timeMs: 10_000, y: 0.9 })?.rows[0]?.text).toBe("1 s");
  });

  it("of two groups do not stand on one another", () => {
    const panel = panelOf("timeseries", { custom: { stacking: { mode: "normal", group: "A" } } });
    const property = { id: "custom.stacking", value: { mode: "normal", group: "B" } };
    const overrides: FieldOverride[] = [
      { matcher: { id: "byName", options: "b" }, properties: [property] },
    ];
    panel.fieldConfig = { ...panel.fieldConfig, overrides };
    const [a, b] = seriesIn(timeseries.draw(inputOf(panel, [A, B])));
    expect(a?.stack).not.toBe(b?.stack);
  });
});

describe("several units", () => {
  const panel = panelOf("timeseries", { unit: "s", custom: { showPoints: "never" } });
  panel.fieldConfig = {
    ...panel.fieldConfig,
    overrides: [
      {
        matcher: { id: "byName", options: "b" },
        properties: [
          { id: "unit", value: "percent" },
          { id: "max", value: 100 },
          { id: "custom.axisLabel", value: "Share" },
        ],
      },
    ],
  };

  it("stand left and right, each with its own series", () => {
    const drawing = timeseries.draw(inputOf(panel, [A, B]));
    expect(axesIn(drawing)).toMatchObject([
      { position: "left", splitLine: { show: true } },
      { position: "right", name: "Share", max: 100, splitLine: { show: false } },
    ]);
    expect(seriesIn(drawing).map(({ yAxisIndex }) => yAxisIndex)).toEqual([0, 1]);
  });

  it("are compared by their height in the tooltip", () => {
    const { tooltip } = timeseries.draw(inputOf(panel, [A, B]));
    // Near the foot of the axes: 1 % is there, 3 s is at the head.
    expect(tooltip?.({ timeMs: 10_000, y: 1.1 })?.rows.map(({ name }) => name)).toEqual(["b"]);
  });
});

describe("nulls", () => {
  const gaps: Point[] = [
    [0, 1],
    [10_000, null],
    [20_000, 2],
    [30_000, null],
    [50_000, 3],
  ];
  const valuesOf = (drawing: Drawing) =>
    (seriesIn(drawing)[0]?.data as Point[]).map(([, value]) => value);

  it("part the line, unless it spans them", () => {
    expect(seriesIn(drawn({}, [seriesNamed("a", gaps)]))[0]?.connectNulls).toBe(false);
    const spanned = drawn({ spanNulls: true }, [seriesNamed("a", gaps)]);
    expect(seriesIn(spanned)[0]?.connectNulls).toBe(true);
  });

  it("are spanned up to a threshold", () => {
    const drawing = drawn({ spanNulls: 20_000 }, [seriesNamed("a", gaps)]);
    expect(valuesOf(drawing)).toEqual([1, 2, null, 3]);
  });

  it("are inserted from a distance on", () => {
    const far = seriesNamed("a", [
      [0, 1],
      [10_000, 2],
      [40_000, 3],
    ]);
    expect(valuesOf(drawn({ insertNulls: 15_000 }, [far]))).toEqual([1, 2, null, 3]);
  });

  it("stand for endless values, which only the tooltip tells", () => {
    const endless = seriesNamed("a", [
      [0, 1],
      [10_000, Infinity],
    ]);
    const drawing = drawn({}, [endless]);
    expect(valuesOf(drawing)).toEqual([1, null]);
    expect(drawing.tooltip?.({ timeMs: 10_000, y: 1 })?.rows[0]?.text).toBe("∞");
  });
});

it("bars of one instant stand in one place, before it or behind it as asked", () => {
  const [bars] = seriesIn(drawn({ drawStyle: "bars", barAlignment: 1 }, [A]));
  expect(bars).toMatchObject({
    type: "bar",
    barGap: "-100%",
    data: [
      [3000, 1],
      [13_000, 3],
    ],
  });
});

it("lines can be dashed and their areas fade", () => {
  const custom = { lineStyle: { fill: "dash", dash: [4, 2] }, fillOpacity: 30 };
  const [line] = seriesIn(drawn({ ...custom, gradientMode: "opacity" }, [A]));
  expect(line).toMatchObject({
    lineStyle: { type: [4, 2] },
    areaStyle: { opacity: 0.3, color: { type: "linear" } },
  });
});

it("ticks are in the words of a mapping", () => {
  const drawing = drawn({}, [A], {
    mappings: [{ type: "value", options: { "1": { text: "up" } } }],
  });
  const [axis] = axesIn(drawing) as { axisLabel: { formatter: (value: number) => string } }[];
  expect([axis?.axisLabel.formatter(1), axis?.axisLabel.formatter(2)]).toEqual(["up", "2"]);
});

it("finds the nearest of many points as a look at each of them does", () => {
  const points = Array.from({ length: 500 }, (_, at): Point => [at * at, at]);
  for (const timeMs of [-5, 0, 17, 1000.5, 123_456, 1e9]) {
    const slow = points.toSorted((a, b) => Math.abs(a[0] - timeMs) - Math.abs(b[0] - timeMs))[0];
    expect(nearestPoint(points, timeMs)).toEqual(slow);
  }
});

describe("colours over refreshes", () => {
  it("stay with their series while others come and go", () => {
    const before = placesAfter(new Map(), [A, B]);
    const after = placesAfter(before, [seriesNamed("new", []), B]);
    expect(after.get("b")).toBe(1);
    expect(after.get("new")).toBe(0);
    expect(placesAfter(placesAfter(before, [B]), [A, B]).get("a")).toBe(0);
  });

  it("are drawn by their places", () => {
    const input = { ...inputOf(panelOf("timeseries"), [B]), colorPlaces: new Map([["b", 2]]) };
    expect(seriesIn(timeseries.draw(input))[0]?.color).toBe("#000003");
  });
});
