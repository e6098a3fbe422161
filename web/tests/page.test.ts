import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { gridRowStart, rowsOf } from "../src/dashboard/layout";
import type { Dashboard, Variable } from "../src/dashboard/model";
import { defaultSelection, parseLabelValuesQuery, toggled } from "../src/query/variables";
import { afterClick } from "../src/page/legendView";
import { spansOf } from "../src/page/markdown";
import { formatState, parseState } from "../src/page/urlState";
import { panelType } from "../src/panels/registry";
import { ALL } from "../src/query/template";
import { panelOf } from "./fixtures";

const COMMITTED = JSON.parse(
  readFileSync(new URL("../../dashboards/mephisto.json", import.meta.url), "utf8"),
) as Dashboard;

const DASHBOARD: Dashboard = {
  uid: "d",
  title: "D",
  panels: [],
  time: { from: "now-15m", to: "now" },
  refresh: "5s",
};

describe("the committed board", () => {
  it("has only panels that the page draws", () => {
    const types = rowsOf(COMMITTED.panels).flatMap(({ panels }) => panels.map(({ type }) => type));
    expect(types.length).toBeGreaterThanOrEqual(7);
    expect(types.filter((type) => panelType(type) === undefined)).toEqual([]);
  });

  it("has only variables that the page can fill", () => {
    const variables = COMMITTED.templating?.list?.filter(({ type }) => type === "query") ?? [];
    expect(variables.map((one) => parseLabelValuesQuery(one)?.label)).toEqual([
      "operator",
      "task_name",
    ]);
  });
});

describe("the address", () => {
  it("takes from the dashboard what it leaves open", () => {
    expect(parseState("", DASHBOARD)).toEqual({
      uid: undefined,
      range: { from: "now-15m", to: "now" },
      refresh: "5s",
      timeZone: "browser",
      variables: new Map(),
      viewPanel: undefined,
      openRows: new Map(),
      annotations: new Map(),
    });
    expect(parseState("", { ...DASHBOARD, timezone: "utc" }).timeZone).toBe("utc");
  });

  it("survives the way there and back", () => {
    const state = {
      uid: "d",
      range: { from: "1700000000000", to: "now" },
      refresh: "",
      timeZone: "Europe/Berlin",
      variables: new Map([["operator", ["a&b=c", "<img>"]]]),
      viewPanel: 4,
      openRows: new Map([
        [10, true],
        [20, false],
      ]),
      annotations: new Map([
        ["Operator & more", true],
        ["Task runs", false],
      ]),
    };
    expect(parseState(formatState(state), DASHBOARD)).toEqual(state);
  });

  it("falls back to the browser's time zone where it names none", () => {
    expect(parseState("?timezone=Nowhere", DASHBOARD).timeZone).toBe("browser");
  });

  it.each([
    ["?viewPanel=7", 7],
    ["?viewPanel=panel-7", 7],
    ["?viewPanel=x", undefined],
  ])("%s names panel %s", (search, panel) => {
    expect(parseState(search, DASHBOARD).viewPanel).toBe(panel);
  });

  it("keeps auto-refresh off when it says so", () => {
    expect(parseState("?refresh=", DASHBOARD).refresh).toBe("");
  });
});

describe("rows", () => {
  it("take the panels that follow them, and those inside them when collapsed", () => {
    const inner = { ...panelOf("timeseries"), title: "inner" };
    const rows = rowsOf([
      { ...panelOf("row"), title: "Open" },
      { ...panelOf("gauge"), title: "follows" },
      { ...panelOf("row"), title: "Closed", collapsed: true, panels: [inner] },
    ]);
    expect(rows.map(({ title, collapsed }) => [title, collapsed])).toEqual([
      ["Open", false],
      ["Closed", true],
    ]);
    expect(rows.map(({ panels }) => panels.map(({ title }) => title))).toEqual([
      ["follows"],
      ["inner"],
    ]);
  });

  it("place panels from their own top", () => {
    const first = { ...panelOf("gauge"), gridPos: { x: 0, y: 9, w: 12, h: 8 } };
    const second = { ...panelOf("gauge"), gridPos: { x: 0, y: 17, w: 12, h: 8 } };
    const row = { id: 1, title: "R", collapsed: false, panels: [first, second] };
    expect([gridRowStart(first, row), gridRowStart(second, row)]).toEqual([1, 9]);
  });
});

describe("variables", () => {
  const variable: Variable = { name: "operator", type: "query", includeAll: true };

  it.each([
    ["label_values(operator)", { selector: "", label: "operator" }],
    ['label_values(up{a="x, y"}, task_name)', { selector: 'up{a="x, y"}', label: "task_name" }],
    ["query_result(up)", undefined],
    [undefined, undefined],
  ])("read %s", (query, expected) => {
    expect(parseLabelValuesQuery({ ...variable, query })).toEqual(expected);
  });

  it("begin with the dashboard's choice, else with All", () => {
    expect(defaultSelection({ ...variable, current: { value: ["a"] } })).toEqual(["a"]);
    expect(defaultSelection(variable)).toEqual([ALL]);
  });

  it.each([
    [[ALL], "a", ["a"]],
    [["a"], "b", ["a", "b"]],
    [["a", "b"], "a", ["b"]],
    [["a"], "a", [ALL]],
    [["a", "b"], ALL, [ALL]],
  ])("%j with %s switched is %j", (selected, value, expected) => {
    expect(toggled(selected, value)).toEqual(expected);
  });
});

describe("legend clicks", () => {
  const names = ["a", "b", "c"];

  it("isolate a series, and show all again", () => {
    const isolated = afterClick(names, new Set(), "b", false);
    expect([...isolated]).toEqual(["a", "c"]);
    expect([...afterClick(names, isolated, "b", false)]).toEqual([]);
  });

  it("switch one series with a modifier", () => {
    const hidden = afterClick(names, new Set(), "b", true);
    expect([...hidden]).toEqual(["b"]);
    expect([...afterClick(names, hidden, "b", true)]).toEqual([]);
  });
});

it("descriptions know strong text and code", () => {
  expect(spansOf("**Healthy:** below `5 s` <b>")).toEqual([
    { kind: "strong", text: "Healthy:" },
    { kind: "text", text: " below " },
    { kind: "code", text: "5 s" },
    { kind: "text", text: " <b>" },
  ]);
});
