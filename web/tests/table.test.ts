import { describe, expect, it } from "vitest";

import type { Panel, Target, Thresholds } from "../src/dashboard/model";
import { framesOf, type Frame } from "../src/frames/frame";
import { transform } from "../src/frames/transform";
import { afterSortClick, ariaSort, sorted } from "../src/page/sorting";
import type { StatTile, Table } from "../src/panels/panel";
import { stat } from "../src/panels/stat";
import { table } from "../src/panels/table";
import { tileGrid } from "../src/panels/tiles";
import { pageAddress } from "../src/query/links";
import type { Series } from "../src/query/series";
import { inputOf, panelOf, seriesNamed } from "./fixtures";

const TARGETS: Target[] = ["A", "B"].map((refId) => ({ refId, expr: "x", format: "table" }));

function sample(refId: string, operator: string, value: number): Series {
  return { name: operator, refId, labels: { operator }, points: [[60_000, value]] };
}

const SERIES = [sample("A", "one", 4), sample("A", "two", 20), sample("B", "two", 0.5)];

function contentsOf(frame: Frame | undefined): Record<string, unknown[]> {
  return Object.fromEntries((frame?.columns ?? []).map(({ name, values }) => [name, values]));
}

const apply = (id: string, options: unknown, frames = framesOf(TARGETS, SERIES)) =>
  transform(frames, [{ id, options }]);

describe("frames", () => {
  it("have time, labels and a value for each target of format table", () => {
    const [a, b] = framesOf(TARGETS, SERIES);
    expect(contentsOf(a)).toEqual({
      Time: [60_000, 60_000],
      operator: ["one", "two"],
      "Value #A": [4, 20],
    });
    expect(contentsOf(b)).toEqual({ Time: [60_000], operator: ["two"], "Value #B": [0.5] });
  });

  it("call the only value just that, and keep a target without series", () => {
    const [only] = framesOf(TARGETS.slice(0, 1), []);
    expect(contentsOf(only)).toEqual({ Time: [], Value: [] });
  });

  it("are one a series for any other format", () => {
    const [frame] = framesOf([{ refId: "A", expr: "x" }], SERIES);
    expect(contentsOf(frame)).toEqual({ Time: [60_000], one: [4] });
  });
});

describe("transformations", () => {
  it("merge rows that agree in what the tables share", () => {
    expect(contentsOf(apply("merge", {})[0])).toEqual({
      Time: [60_000, 60_000],
      operator: ["one", "two"],
      "Value #A": [4, 20],
      "Value #B": [null, 0.5],
    });
  });

  it("join tables by a column, outer and inner", () => {
    const outer = contentsOf(apply("joinByField", { byField: "operator" })[0]);
    expect(outer).toEqual({
      operator: ["one", "two"],
      "Time 1": [60_000, 60_000],
      "Value #A": [4, 20],
      "Time 2": [null, 60_000],
      "Value #B": [null, 0.5],
    });
    const inner = apply("joinByField", { byField: "operator", mode: "inner" })[0];
    expect(contentsOf(inner).operator).toEqual(["two"]);
  });

  it("organize: hide, order and rename", () => {
    const options = {
      excludeByName: { Time: true },
      indexByName: { "Value #A": 0, operator: 1 },
      renameByName: { "Value #A": "Workers", operator: "" },
    };
    expect(Object.keys(contentsOf(apply("organize", options)[0]))).toEqual(["Workers", "operator"]);
  });

  it("sort, limit and filter", () => {
    const sortedBy = apply("sortBy", { sort: [{ field: "Value #A", desc: true }] })[0];
    expect(contentsOf(sortedBy).operator).toEqual(["two", "one"]);
    expect(contentsOf(apply("limit", { limitField: 1 })[0]).operator).toEqual(["one"]);
    const kept = apply("filterFieldsByName", { include: { pattern: "/^Value/" } })[0];
    expect(Object.keys(contentsOf(kept))).toEqual(["Value #A"]);
  });

  it("reduce series to rows, with their labels", () => {
    const frames = framesOf([{ refId: "A", expr: "x" }], SERIES.slice(0, 2));
    const options = { reducers: ["max", "count"], labelsToFields: true };
    expect(contentsOf(apply("reduce", options, frames)[0])).toEqual({
      Field: ["one", "two"],
      operator: ["one", "two"],
      Max: [4, 20],
      Count: [1, 1],
    });
    expect(contentsOf(apply("seriesToRows", {}, frames)[0])).toMatchObject({
      Metric: ["one", "two"],
      Value: [4, 20],
    });
  });

  it("leave out what is disabled, and refuse what they do not know", () => {
    const frames = framesOf(TARGETS, SERIES);
    expect(transform(frames, [{ id: "merge", disabled: true }])).toHaveLength(2);
    expect(() => apply("heatmap", {})).toThrow("does not know the transformation “heatmap”");
  });
});

function tablePanel(): Panel {
  const panel = panelOf("table", { unit: "none" }, { footer: { show: true, reducer: ["sum"] } });
  const organize = { excludeByName: { Time: true } };
  return {
    ...panel,
    targets: TARGETS,
    transformations: [{ id: "merge" }, { id: "organize", options: organize }],
    fieldConfig: {
      ...panel.fieldConfig,
      overrides: [
        {
          matcher: { id: "byName", options: "operator" },
          properties: [
            { id: "displayName", value: "Operator" },
            { id: "links", value: [{ url: "/d/mephisto?var-operator=${__value.text}" }] },
          ],
        },
        {
          matcher: { id: "byName", options: "Value #A" },
          properties: [
            { id: "custom.cellOptions", value: { type: "color-background" } },
            { id: "thresholds", value: thresholds },
          ],
        },
        {
          matcher: { id: "byName", options: "Value #B" },
          properties: [
            { id: "unit", value: "s" },
            { id: "max", value: 1 },
            { id: "min", value: 0 },
            { id: "custom.width", value: 120 },
            { id: "custom.cellOptions", value: { type: "gauge" } },
          ],
        },
      ],
    },
  };
}

const thresholds: Thresholds = {
  mode: "absolute",
  steps: [
    { value: null, color: "green" },
    { value: 10, color: "red" },
  ],
};

function drawnTable(panel: Panel): Table {
  const { content } = table.draw(inputOf(panel, SERIES));
  if (content.kind !== "table") throw new Error("not a table");
  return content;
}

describe("table", () => {
  it("shows columns, cells and footer as the overrides of each column say", () => {
    const { columns, rows, footer } = drawnTable(tablePanel());
    expect(columns).toEqual([
      { title: "Operator", align: "left", widthPixels: undefined },
      { title: "Value #A", align: "right", widthPixels: undefined },
      { title: "Value #B", align: "right", widthPixels: 120 },
    ]);
    expect(rows.map((row) => row.map(({ text }) => text))).toEqual([
      ["one", "4", "–"],
      ["two", "20", "500 ms"],
    ]);
    expect(footer).toEqual(["", "24", "500 ms"]);
  });

  it("colours cells by thresholds, with a text that can be read on them", () => {
    const [first, second] = drawnTable(tablePanel()).rows;
    expect(first?.[1]).toMatchObject({ background: "#73bf69", color: "#111217" });
    expect(second?.[1]?.background).toBe("#f2495c");
    expect(second?.[2]?.gauge?.share).toBe(0.5);
  });

  it("links a cell with its own value, escaped", () => {
    const hostile = [sample("A", "a&b=<img>", 1)];
    const { content } = table.draw(inputOf(tablePanel(), hostile));
    const address = content.kind === "table" ? content.rows[0]?.[0]?.link?.address : "";
    expect(address).toBe("/d/mephisto?var-operator=a%26b%3D%3Cimg%3E");
  });

  it("hides a column that only a link needs, and knows overrides by type", () => {
    const panel = tablePanel();
    panel.fieldConfig?.overrides?.push({
      matcher: { id: "byType", options: "string" },
      properties: [{ id: "custom.hidden", value: true }],
    });
    const { columns, rows } = drawnTable(panel);
    expect(columns.map(({ title }) => title)).toEqual(["Value #A", "Value #B"]);
    expect(rows[0]).toHaveLength(2);
  });

  it("begins in the order that the panel asks for", () => {
    const panel = {
      ...tablePanel(),
      options: { sortBy: [{ displayName: "Value #A", desc: true }] },
    };
    expect(drawnTable(panel).sort).toEqual({ column: 1, isDescending: true });
  });
});

describe("sorting", () => {
  const rows = [{ n: 2 }, { n: null }, { n: 10 }];
  const valueOf = (row: { n: number | null }) => row.n;

  it("goes down, up, and back to the rows' own order", () => {
    const down = afterSortClick(undefined, "n");
    const up = afterSortClick(down, "n");
    expect([down, up].map((sort) => ariaSort(sort, "n"))).toEqual(["descending", "ascending"]);
    expect(afterSortClick(up, "n")).toBeUndefined();
    expect(ariaSort(down, "other")).toBe("none");
  });

  it("puts rows without a value last either way", () => {
    const order = (isDescending: boolean) =>
      sorted(rows, { column: "n", isDescending }, valueOf).map(({ n }) => n);
    expect(order(true)).toEqual([10, 2, null]);
    expect(order(false)).toEqual([2, 10, null]);
  });
});

describe("links", () => {
  const here = "?dashboard=operators&from=now-1h&to=now&var-task=t";

  it("to a board of Grafana's lead to the page's, at the same time", () => {
    expect(pageAddress("/d/mephisto/name?var-operator=a%26b", here)).toBe(
      "?dashboard=mephisto&var-operator=a%26b&from=now-1h&to=now",
    );
    expect(pageAddress("d/mephisto?from=1&to=2", here)).toBe("?dashboard=mephisto&from=1&to=2");
  });

  it("take over range and variables where they name them", () => {
    expect(pageAddress("/d/x?${__url_time_range}&${__all_variables}", here)).toBe(
      "?dashboard=x&from=now-1h&to=now&var-task=t",
    );
  });

  it("are followed only where that is safe", () => {
    expect(pageAddress("https://example.org/x", here)).toBe("https://example.org/x");
    expect(pageAddress("javascript:alert(1)", here)).toBeUndefined();
    expect(pageAddress(" data:text/html,x", here)).toBeUndefined();
  });
});

describe("stat", () => {
  const history = seriesNamed("up", [
    [0, 1],
    [30_000, 3],
    [60_000, 2],
  ]);

  function tilesOf(options: Readonly<Record<string, unknown>>, series = [history]): StatTile[] {
    const { content } = stat.draw(inputOf(panelOf("stat", { thresholds }, options), series));
    return content.kind === "stats" ? content.tiles : [];
  }

  it("shows the reduced value in the colour of its threshold", () => {
    const [tile] = tilesOf({ reduceOptions: { calcs: ["max"] }, colorMode: "background" });
    expect(tile).toMatchObject({ text: "3", background: "#73bf69", color: "#111217" });
    expect(tile?.name).toBeUndefined();
  });

  it("names its values where there are several, or where asked to", () => {
    const other = { ...history, name: "down" };
    expect(tilesOf({}, [history, other]).map(({ name }) => name)).toEqual(["up", "down"]);
    expect(tilesOf({ textMode: "name" })[0]).toMatchObject({ name: "up", text: undefined });
  });

  it("draws its history over the range, unless it shall not", () => {
    const [tile] = tilesOf({ graphMode: "area" });
    expect(tile?.sparkline?.lines[0]?.map(([x]) => x)).toEqual([0, 50, 100]);
    const heights = tile?.sparkline?.lines[0]?.map(([, y]) => y) ?? [];
    expect(Math.min(...heights)).toBe(heights[1]);
    expect(tilesOf({ graphMode: "none" })[0]?.sparkline).toBeUndefined();
  });

  it("keeps to the sizes of text that the panel gives", () => {
    expect(tilesOf({ text: { valueSize: 20 } })[0]?.textSizePixels).toBe(20);
  });
});

it("tiles stand in the grid that suits them best, or in a row or column as asked", () => {
  const smaller = ({ width, height }: { width: number; height: number }) => Math.min(width, height);
  const square = { width: 400, height: 400 };
  expect(tileGrid(4, square, "auto", smaller)).toMatchObject({ columns: 2, rows: 2 });
  expect(tileGrid(4, square, "horizontal", smaller).columns).toBe(1);
  expect(tileGrid(4, square, "vertical", smaller).columns).toBe(4);
});
