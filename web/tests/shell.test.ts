import { describe, expect, it } from "vitest";

import { timeAt, xOf } from "../src/chart/plot";
import { sharingOf } from "../src/chart/sharing";
import type { Variable } from "../src/dashboard/model";
import { linkAddress } from "../src/page/dashboardLinks";
import { afterKey, type Shortcut } from "../src/page/shortcuts";
import { parseState } from "../src/page/urlState";
import { tooltipMode } from "../src/panels/timeAxis";
import { ALL } from "../src/query/template";
import { isGone, matching } from "../src/query/variables";

describe("shortcuts", () => {
  const done: string[] = [];
  const shortcut = (...keys: string[]): Shortcut => ({
    keys,
    text: "",
    run: () => done.push(keys.join(" ")),
  });
  const shortcuts = [shortcut("r"), shortcut("t", "z"), shortcut("d", "r")];

  function press(...keys: string[]): string[] {
    done.length = 0;
    let rest: string[] = [];
    for (const key of keys) {
      const after = afterKey(shortcuts, rest, key);
      after.run?.();
      rest = after.rest;
    }
    return [...done];
  }

  it.each([
    [["r"], ["r"]],
    [["t", "z"], ["t z"]],
    [["z"], []],
    [["t", "x", "z"], []],
    [["t", "r"], ["r"]],
    [["d", "r"], ["d r"]],
    [["t", "d", "r"], ["d r"]],
    [["t", "z", "z"], ["t z"]],
  ])("%j does %j", (keys, expected) => {
    expect(press(...keys)).toEqual(expected);
  });
});

describe("links of a dashboard", () => {
  const state = parseState("?from=now-1h&to=now&timezone=utc&var-task=a&refresh=5s", {
    uid: "d",
    title: "D",
    panels: [],
  });
  const link = { type: "link", title: "L" };

  it("to another dashboard lead to this page, with time and variables where they say so", () => {
    const url = "/d/tasks/some-name?var-task=b";
    expect(linkAddress({ ...link, url }, state)).toBe("?var-task=b&dashboard=tasks");
    expect(
      linkAddress({ ...link, url: "/d/tasks", keepTime: true, includeVars: true }, state),
    ).toBe("?from=now-1h&to=now&timezone=utc&var-task=a&dashboard=tasks");
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "", undefined])("refuse %s", (url) => {
    expect(linkAddress({ ...link, url }, state)).toBeUndefined();
  });

  it("to elsewhere stay as they are", () => {
    expect(linkAddress({ ...link, url: "https://mephisto.ai/docs" }, state)).toBe(
      "https://mephisto.ai/docs",
    );
  });
});

describe("values of a variable", () => {
  const variable: Variable = { name: "operator", type: "query" };
  const choice = { variable, selected: [ALL, "b", "gone"], options: ["a", "b"] };

  it("are gone when chosen but no longer there", () => {
    expect(choice.selected.filter((value) => isGone(choice, value))).toEqual(["gone"]);
  });

  it("are found by parts in any order", () => {
    const values = [ALL, "Chat task", "task of images"];
    expect(matching(values, "TASK ch")).toEqual(["Chat task"]);
    expect(matching(values, "all")).toEqual([ALL]);
    expect(matching(values, "")).toEqual(values);
  });
});

describe("the plot", () => {
  const plot = { left: 100, right: 300, top: 0, bottom: 50, range: { fromMs: 1000, toMs: 2000 } };

  it("has a pixel for each time and a time for each pixel", () => {
    expect(xOf(plot, 1500)).toBe(200);
    expect(timeAt(plot, 200)).toBe(1500);
  });

  it("has no time beyond its ends", () => {
    expect([timeAt(plot, 0), timeAt(plot, 999)]).toEqual([1000, 2000]);
  });
});

it("graphTooltip says what graphs share", () => {
  expect([undefined, 0, 1, 2].map(sharingOf)).toEqual([
    "nothing",
    "nothing",
    "crosshair",
    "tooltip",
  ]);
});

it("a tooltip lists all series while the pointer is over another graph, unless there is none", () => {
  const elsewhere = { timeMs: 0, y: NaN };
  expect(tooltipMode(elsewhere, "single")).toBe("multi");
  expect(tooltipMode(elsewhere, "none")).toBe("none");
  expect(tooltipMode({ timeMs: 0, y: 1 }, undefined)).toBe("single");
});
