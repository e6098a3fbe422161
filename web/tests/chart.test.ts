/** What a chart hands to ECharts. */

import { describe, expect, it } from "vitest";

import { packed } from "../src/chart/packed";

const POINTS = [
  [1000, 1],
  [2000, null],
];

function seriesData(series: object): unknown {
  const option = packed({ series: [series] });
  return (option.series as { data?: unknown }[])[0]?.data;
}

describe("the points of a line", () => {
  it("are numbers in a row, a gap being none", () => {
    const data = seriesData({ type: "line", data: POINTS });
    expect(data).toEqual(new Float64Array([1000, 1, 2000, NaN]));
  });

  it("stay pairs in a stack, which ECharts works out", () => {
    expect(seriesData({ type: "line", stack: "all", data: POINTS })).toBe(POINTS);
  });

  it("stay as they are where they are not pairs", () => {
    const triples = [[1, 2, 3]];
    expect(seriesData({ type: "line", data: triples })).toBe(triples);
    expect(seriesData({ type: "custom", data: POINTS })).toBe(POINTS);
  });
});
