import { describe, expect, it } from "vitest";

import type { FieldConfig } from "../src/dashboard/model";
import { cellsOf, gauge } from "../src/panels/gauge";
import type { Drawing } from "../src/panels/panel";
import { panelType } from "../src/panels/registry";
import { bandsOf } from "../src/panels/bands";
import { stateTimeline } from "../src/panels/stateTimeline";
import { timeseries } from "../src/panels/timeseries";
import { inputOf, panelOf, seriesNamed, THEME } from "./fixtures";

type Item = Record<string, unknown>;

function seriesOptions(drawing: Drawing): Item[] {
  return drawing.option.series as unknown as Item[];
}

const A = seriesNamed("a", [
  [0, 1],
  [10_000, 2],
  [20_000, null],
  [30_000, 5],
]);
const B = seriesNamed("b", [
  [0, 8],
  [10_000, 9],
]);

it("knows the panel types of the board", () => {
  expect(["timeseries", "state-timeline", "gauge"].map((name) => panelType(name))).not.toContain(
    undefined,
  );
  expect(panelType("news")).toBeUndefined();
});

describe("timeseries", () => {
  const config: FieldConfig = {
    unit: "s",
    min: 0,
    custom: { lineWidth: 2, fillOpacity: 10, showPoints: "never" },
  };

  it("draws each series over exactly the range", () => {
    const { option } = timeseries.draw(inputOf(panelOf("timeseries", config), [A, B]));
    expect(option.xAxis).toMatchObject({ type: "time", min: 0, max: 60_000 });
    expect(option.yAxis).toMatchObject([{ min: 0 }]);
    expect(option.series).toMatchObject([
      { name: "a", color: "#000001", lineStyle: { width: 2 }, areaStyle: { opacity: 0.1 } },
      { name: "a", data: [[30_000, 5]] },
      { name: "b", color: "#000002" },
    ]);
  });

  it("gives a point only to a value that no line would show", () => {
    const [line, dots] = seriesOptions(
      timeseries.draw(inputOf(panelOf("timeseries", config), [A])),
    );
    expect(line?.showSymbol).toBe(false);
    expect(dots).toMatchObject({ data: [[30_000, 5]], symbolSize: 5, lineStyle: { width: 0 } });
  });

  it("leaves hidden series out of the chart but not out of legend and table", () => {
    const input = { ...inputOf(panelOf("timeseries", config), [A, B]), hidden: new Set(["a"]) };
    const drawing = timeseries.draw(input);
    expect(seriesOptions(drawing).map(({ name }) => name)).toEqual(["b"]);
    expect(drawing.legend.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(drawing.values).toEqual([
      { name: "a", text: "5 s" },
      { name: "b", text: "9 s" },
    ]);
  });

  it("keeps a series' colour when another is hidden", () => {
    const input = { ...inputOf(panelOf("timeseries", config), [A, B]), hidden: new Set(["a"]) };
    expect(seriesOptions(timeseries.draw(input))[0]?.color).toBe("#000002");
  });

  it("marks thresholds with lines where the panel asks for them", () => {
    const marked: FieldConfig = {
      custom: { thresholdsStyle: { mode: "dashed" } },
      thresholds: {
        mode: "absolute",
        steps: [
          { value: null, color: "green" },
          { value: 5, color: "red" },
        ],
      },
    };
    const [line] = seriesOptions(timeseries.draw(inputOf(panelOf("timeseries", marked), [A])));
    expect(line?.markLine).toMatchObject({
      data: [{ yAxis: 5, lineStyle: { color: "#f2495c", type: "dashed" } }],
    });
  });

  it("lists all values at the pointer's time, the largest first", () => {
    const options = { tooltip: { mode: "multi", sort: "desc" } };
    const { tooltip } = timeseries.draw(inputOf(panelOf("timeseries", config, options), [A, B]));
    expect(tooltip?.({ timeMs: 9000, y: 2.2 })).toEqual({
      timeMs: 10_000,
      rows: [
        { name: "b", text: "9 s", color: "#000002", isNearest: false },
        { name: "a", text: "2 s", color: "#000001", isNearest: true },
      ],
    });
  });

  it("tells only the nearest value where the tooltip is single", () => {
    const { tooltip } = timeseries.draw(inputOf(panelOf("timeseries", config), [A, B]));
    expect(tooltip?.({ timeMs: 0, y: 7 })?.rows.map(({ name }) => name)).toEqual(["b"]);
  });

  it("has legend values where the panel asks for them", () => {
    const options = { legend: { showLegend: true, calcs: ["max"] } };
    const { legend } = timeseries.draw(inputOf(panelOf("timeseries", config, options), [A]));
    expect(legend[0]?.values).toEqual([{ title: "Max", text: "5 s", value: 5 }]);
  });

  it("has no legend where the panel wants none", () => {
    const options = { legend: { showLegend: false } };
    expect(timeseries.draw(inputOf(panelOf("timeseries", config, options), [A])).legend).toEqual(
      [],
    );
  });
});

describe("state-timeline", () => {
  const status = seriesNamed("waiting", [
    [0, 0],
    [10_000, 3],
    [20_000, 3],
    [30_000, null],
    [50_000, 3],
  ]);

  it("joins equal neighbours, ends at a gap, and holds the last value for a step", () => {
    expect(bandsOf(status.points, 10_000, 60_000, true)).toEqual([
      { fromMs: 0, toMs: 10_000, value: 0 },
      { fromMs: 10_000, toMs: 30_000, value: 3 },
      { fromMs: 50_000, toMs: 60_000, value: 3 },
    ]);
  });

  it("keeps every value apart where the panel asks for it", () => {
    expect(bandsOf(status.points, 10_000, 60_000, false)).toHaveLength(4);
  });

  it("has one named row for each series, the first on top", () => {
    const drawing = stateTimeline.draw(inputOf(panelOf("state-timeline"), [status, A]));
    expect(drawing.option.yAxis).toMatchObject({ data: ["waiting", "a"], inverse: true });
    expect(seriesOptions(drawing)[0]?.data).toContainEqual([10_000, 30_000, 0, 3]);
  });

  it("tells the value under the pointer in the words of the mapping", () => {
    const config: FieldConfig = {
      mappings: [{ type: "value", options: { "3": { text: "three", color: "orange" } } }],
    };
    const { tooltip } = stateTimeline.draw(inputOf(panelOf("state-timeline", config), [status]));
    expect(tooltip?.({ timeMs: 15_000, y: 0.2 })?.rows).toEqual([
      { name: "waiting", text: "three for 20 s", color: "#ff9830", isNearest: false },
    ]);
    expect(tooltip?.({ timeMs: 40_000, y: 0 })).toBeNull();
  });
});

describe("gauge", () => {
  const config: FieldConfig = { min: 0, color: { mode: "fixed", fixedColor: "blue" } };

  it("has one arc for each series, all on one scale", () => {
    const drawing = gauge.draw(
      inputOf(panelOf("gauge", config, { showThresholdMarkers: false }), [A, B]),
    );
    expect(drawing.option.series).toMatchObject([
      { name: "a", min: 0, max: 9, data: [{ value: 5 }] },
      { name: "b", min: 0, max: 9, data: [{ value: 9 }] },
    ]);
    expect(drawing.values).toEqual([
      { name: "a", text: "5" },
      { name: "b", text: "9" },
    ]);
  });

  it("reduces as the panel asks", () => {
    const options = { reduceOptions: { calcs: ["max"] }, showThresholdMarkers: false };
    const [arc] = seriesOptions(gauge.draw(inputOf(panelOf("gauge", config, options), [A])));
    expect(arc).toMatchObject({ data: [{ value: 5 }] });
  });

  it("surrounds the arc with the thresholds' colours", () => {
    const thresholds: FieldConfig = {
      min: 0,
      max: 10,
      color: { mode: "thresholds" },
      thresholds: {
        mode: "absolute",
        steps: [
          { value: null, color: "green" },
          { value: 4, color: "red" },
        ],
      },
    };
    const [arc, marker] = seriesOptions(gauge.draw(inputOf(panelOf("gauge", thresholds), [A])));
    expect(arc).toMatchObject({ progress: { itemStyle: { color: "#f2495c" } } });
    expect(marker).toMatchObject({
      axisLine: {
        lineStyle: {
          color: [
            [0.4, "#73bf69"],
            [1, "#f2495c"],
          ],
        },
      },
    });
  });

  it("says so where a series has no value", () => {
    const empty = seriesNamed("none", [[0, null]]);
    const [arc] = seriesOptions(gauge.draw(inputOf(panelOf("gauge", config), [empty])));
    expect(arc).toMatchObject({ progress: { show: false } });
  });

  it("stands arcs side by side in a wide panel and one below the other in a narrow one", () => {
    expect(cellsOf(2, { width: 800, height: 200 }, {}).map(({ x }) => x)).toEqual([0, 400]);
    expect(cellsOf(2, { width: 200, height: 800 }, {}).map(({ y }) => y)).toEqual([0, 400]);
  });
});

it("colours come from the theme alone", () => {
  const { option } = timeseries.draw(inputOf(panelOf("timeseries"), [A]));
  expect(option.yAxis).toMatchObject([{ axisLabel: { color: THEME.mutedText } }]);
});
