import { describe, expect, it } from "vitest";

import type { Panel } from "../src/dashboard/model";
import { bucketsOf } from "../src/panels/buckets";
import { colorsOf, heatmap } from "../src/panels/heatmap";
import type { Series } from "../src/query/series";
import { inputOf, panelOf, THEME } from "./fixtures";

function bucket(le: string, ...counts: number[]): Series {
  const points = counts.map((count, at): [number, number] => [(at + 1) * 10_000, count]);
  return { name: le, refId: "A", labels: { le }, points };
}

/** Cumulative, in an order that is not that of their bounds. */
const BUCKETS = [bucket("10", 5, 6), bucket("+Inf", 6, 6), bucket("0.5", 1, 0), bucket("2", 3, 7)];

function panelWith(options: Readonly<Record<string, unknown>> = {}, format = "heatmap"): Panel {
  const panel = panelOf("heatmap", {}, { yAxis: { unit: "s" }, ...options });
  return { ...panel, targets: [{ refId: "A", expr: "x", format }] };
}

describe("buckets", () => {
  it("hold what they have beyond the next lower one, and never less than nothing", () => {
    const rows = bucketsOf(panelWith(), BUCKETS);
    expect(rows.map(({ lower, upper }) => [lower, upper])).toEqual([
      [0, 0.5],
      [0.5, 2],
      [2, 10],
      [10, Infinity],
    ]);
    expect(rows.map(({ counts }) => [...counts.values()])).toEqual([
      [1, 0],
      [2, 7],
      [2, 0],
      [1, 0],
    ]);
  });

  it("stay as they are where the query does not ask for a heatmap", () => {
    const [, second] = bucketsOf(panelWith({}, "time_series"), BUCKETS);
    expect([...(second?.counts.values() ?? [])]).toEqual([3, 7]);
  });

  it("without bounds are rows by name", () => {
    const named = ["low", "high"].map((name) => ({ ...bucket(name, 1), labels: {} }));
    const rows = bucketsOf(panelWith({}, "time_series"), named);
    expect(rows.map(({ label }) => label)).toEqual(["low", "high"]);
  });
});

describe("heatmap", () => {
  const { option, tooltip, values, colorScale } = heatmap.draw(
    inputOf(panelWith({ filterValues: { le: 1e-9 } }), BUCKETS),
  );
  const axis = option.yAxis as unknown as {
    max: number;
    axisLabel: { formatter: (edge: number) => string };
  };

  it("has a row for each bucket, with its bounds at the edges in the panel's unit", () => {
    expect(axis.max).toBe(4);
    expect([0, 1, 2, 3, 4].map((edge) => axis.axisLabel.formatter(edge))).toEqual([
      "0 s",
      "500 ms",
      "2 s",
      "10 s",
      "+Inf",
    ]);
  });

  it("tells range and count of the cell under the pointer, which ends at its time", () => {
    expect(tooltip?.({ timeMs: 12_000, y: 1.4 })).toMatchObject({
      timeMs: 20_000,
      rows: [{ name: "500 ms – 2 s", text: "7" }],
    });
    expect(tooltip?.({ timeMs: 5000, y: 3.9 })?.rows[0]).toMatchObject({ name: "> 10 s" });
    expect(tooltip?.({ timeMs: 55_000, y: 1 })).toBeNull();
  });

  it("tells all that was counted in the column while the pointer is over another graph", () => {
    const fromElsewhere = tooltip?.({ timeMs: 12_000, y: NaN });
    expect(fromElsewhere?.rows.length).toBeGreaterThan(0);
    expect(fromElsewhere?.rows.every(({ text }) => text !== "0")).toBe(true);
  });

  it("says its last counts in words, and what its colours stand for", () => {
    expect(values[1]).toEqual({ name: "500 ms – 2 s", text: "7" });
    expect(colorScale).toMatchObject({ minText: "1", maxText: "7" });
    expect(colorScale?.colors).toHaveLength(64);
  });

  it("draws one shape for each colour, with a box for each cell that is not filtered out", () => {
    const [series] = option.series as unknown as {
      data: unknown[];
      renderItem: (at: { dataIndex: number }, api: unknown) => { shape: { boxes: unknown[] } };
    }[];
    const api = { coord: ([x = 0, y = 0]: number[]) => [x / 1000, 100 - 10 * y] };
    const shapes = series?.data.map((_, dataIndex) => series.renderItem({ dataIndex }, api)) ?? [];
    expect(shapes.flatMap(({ shape }) => shape.boxes)).toHaveLength(5);
    // The greatest count: second step, second row, with a gap of one pixel.
    expect(shapes.at(-1)?.shape.boxes).toEqual([[10.5, 80.5, 9, 9]]);
  });

  it("refuses to count raw values", () => {
    const panel = panelWith({ calculate: true });
    expect(() => heatmap.draw(inputOf(panel, BUCKETS))).toThrow("heatmaps of buckets");
  });
});

it("a heatmap of one colour fades into the ground by its exponent", () => {
  const fill = { mode: "opacity", fill: "#000000", steps: 3 } as const;
  const colors = colorsOf({ ...fill, scale: "linear" }, THEME);
  expect(colors).toEqual(["#ffffff", "#808080", "#000000"]);
  expect(colorsOf({ ...fill, exponent: 2 }, THEME)[1]).toBe("#bfbfbf");
});

describe("the colour scale", () => {
  const drawn = (...buckets: Series[]) =>
    heatmap.draw(inputOf(panelWith({ filterValues: { le: 1e-9 } }), buckets));

  it("is there where something was counted, and not where nothing was", () => {
    expect(drawn(bucket("1", 2)).colorScale?.maxText).toBe("2");
    expect(drawn(bucket("1", 0)).colorScale).toBeUndefined();
  });
});
