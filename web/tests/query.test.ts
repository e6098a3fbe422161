import { describe, expect, it } from "vitest";

import type { Panel, Target, Variable } from "../src/dashboard/model";
import { formatDuration, parseDurationMs } from "../src/query/duration";
import { alignRange, intervalMs, rateIntervalMs, roundIntervalMs } from "../src/query/interval";
import { seriesName } from "../src/query/legend";
import { prepareQuery, type LoadRequest } from "../src/query/load";
import { seriesOf, withUniqueNames } from "../src/query/series";
import { ALL, substitute, type Choice } from "../src/query/template";
import { panelOf, seriesNamed } from "./fixtures";

const MINUTE = 60_000;

function choice(selected: string[], overrides: Partial<Variable> = {}): Choice {
  const variable = { name: "operator", type: "query", multi: true, includeAll: true, ...overrides };
  return { variable, selected, options: ["a.1", "b"] };
}

describe("durations", () => {
  it.each([
    ["15s", 15_000],
    ["1h30m", 90 * MINUTE],
    [">10s", 10_000],
    ["250ms", 250],
    ["5", 5000],
  ])("reads %s", (text, expected) => {
    expect(parseDurationMs(text)).toBe(expected);
  });

  it.each(["", "now", "5 apples", "s"])("refuses %j", (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it("writes whole seconds as seconds and the rest as milliseconds", () => {
    expect(formatDuration(90_000)).toBe("90s");
    expect(formatDuration(1500)).toBe("1500ms");
  });
});

describe("intervals", () => {
  it.each([
    [1400, 1000],
    [1501, 2000],
    [4000, 5000],
    [17_500, 15_000],
    [17_501, 20_000],
    [100_000, 120_000],
  ])("rounds %d ms to %d ms as Grafana does", (raw, rounded) => {
    expect(roundIntervalMs(raw)).toBe(rounded);
  });

  it("is never below the minimum", () => {
    expect(intervalMs({ fromMs: 0, toMs: 5 * MINUTE }, 1000, 5000)).toBe(5000);
  });

  it("follows range and width where they ask for more", () => {
    expect(intervalMs({ fromMs: 0, toMs: 24 * 60 * MINUTE }, 400, 5000)).toBe(5 * MINUTE);
  });

  it("never asks for more points than Prometheus gives", () => {
    const range = { fromMs: 0, toMs: 7 * 24 * 60 * MINUTE };
    const step = intervalMs(range, 1_000_000, 1000);
    expect((range.toMs - range.fromMs) / step).toBeLessThanOrEqual(11_000);
  });

  it("makes the rate interval at least four scrapes wide", () => {
    expect(rateIntervalMs(5000, 5000)).toBe(20_000);
    expect(rateIntervalMs(60_000, 15_000)).toBe(75_000);
  });

  it("aligns both ends down to the step", () => {
    const aligned = alignRange({ fromMs: 61_234, toMs: 119_999 }, 10_000, 0);
    expect(aligned).toEqual({ fromMs: 60_000, toMs: 110_000 });
  });

  it("aligns days to the viewer's midnight", () => {
    const day = 24 * 60 * MINUTE;
    const twoHours = 120 * MINUTE;
    const { toMs } = alignRange({ fromMs: 0, toMs: 10 * day + 5 * MINUTE }, day, twoHours);
    expect(toMs).toBe(10 * day - twoHours);
  });
});

describe("substitution", () => {
  it("puts a single value in, escaped for a regular expression in a string", () => {
    expect(substitute('{operator=~"$operator"}', [choice(["a.1"])])).toBe('{operator=~"a\\\\.1"}');
  });

  it("joins several values", () => {
    expect(substitute("${operator}", [choice(["a", "b"])])).toBe("(a|b)");
  });

  it("keeps a quote from ending the string", () => {
    expect(substitute('"$operator"', [choice(['x"} or up{y="'])])).toBe(
      '"x\\\\\\"\\\\} or up\\\\{y=\\\\\\""',
    );
  });

  it("writes All as allValue, untouched", () => {
    expect(substitute("$operator", [choice([ALL], { allValue: ".*" })])).toBe(".*");
  });

  it("writes All without allValue as every value", () => {
    expect(substitute("$operator", [choice([ALL])])).toBe("(a\\\\.1|b)");
  });

  it.each([
    ["${operator:regex}", "(a\\.1|b)"],
    ["${operator:pipe}", "a.1|b"],
    ["${operator:csv}", "a.1,b"],
    ["[[operator]]", "(a\\\\.1|b)"],
  ])("formats %s", (text, expected) => {
    expect(substitute(text, [choice(["a.1", "b"])])).toBe(expected);
  });

  it("does not take a longer name for a shorter one", () => {
    expect(substitute("$__interval_ms $__interval", [], { __interval: "5s" })).toBe(
      "$__interval_ms 5s",
    );
  });

  it("leaves unknown names as they are", () => {
    expect(substitute("$nobody ${constructor}", [choice(["a"])])).toBe("$nobody ${constructor}");
  });
});

describe("preparing a query", () => {
  const target: Target = {
    refId: "A",
    expr: "rate(x[$__rate_interval]) + $__interval_ms + $__range_s + x[$__interval]",
  };

  function request(panel: Partial<Panel> = {}): LoadRequest {
    return {
      panel: { ...panelOf("timeseries"), ...panel },
      range: { fromMs: 1_003_000, toMs: 1_003_000 + 15 * MINUTE },
      widthPixels: 400,
      scrapeIntervalMs: 5000,
      choices: [],
    };
  }

  it("fills in Grafana's variables and aligns the range", () => {
    expect(prepareQuery(target, request(), 0)).toEqual({
      expr: "rate(x[20s]) + 5000 + 900 + x[5s]",
      stepMs: 5000,
      range: { fromMs: 1_000_000, toMs: 1_900_000 },
    });
  });

  it("lets the panel's interval raise the step and the rate interval", () => {
    const { expr, stepMs } = prepareQuery(target, request({ interval: "30s" }), 0);
    expect(stepMs).toBe(30_000);
    expect(expr).toContain("rate(x[120s])");
  });

  it.each(["$__rate_interval", "${__rate_interval}"])(
    "makes a window of the step %s",
    (interval) => {
      const windows = { ...target, interval };
      const { expr, stepMs, range } = prepareQuery(windows, request(), 0);
      expect(stepMs).toBe(20_000);
      expect(expr).toContain("rate(x[20s])");
      expect(range).toEqual({ fromMs: 1_000_000, toMs: 1_900_000 });
    },
  );
});

describe("legends", () => {
  const target: Target = { refId: "A", expr: "sum(x)", legendFormat: "{{ status }} of {{none}}" };

  it("fills labels in and leaves out those that are not there", () => {
    expect(seriesName(target, { status: "in task" })).toBe("in task of ");
  });

  it("does not read a label's value as a format", () => {
    expect(seriesName(target, { status: "{{none}}", none: "x" })).toBe("{{none}} of x");
  });

  it.each(["", "__auto", undefined])("writes the label set for the format %j", (legendFormat) => {
    const automatic = { ...target, legendFormat };
    expect(seriesName(automatic, { __name__: "up", job: 'a"b' })).toBe('up{job="a\\"b"}');
    expect(seriesName(automatic, {})).toBe("sum(x)");
  });
});

describe("series", () => {
  const target: Target = { refId: "A", expr: "x", legendFormat: "{{a}}" };

  it("turns NaN into no value and keeps infinity", () => {
    const [series] = seriesOf(
      target,
      {
        resultType: "matrix",
        result: [
          {
            metric: { a: "b" },
            values: [
              [1, "NaN"],
              [2, "+Inf"],
              [3, "-Inf"],
              [4, "0.5"],
            ],
          },
        ],
      },
      1000,
    );
    expect(series).toMatchObject({ name: "b", refId: "A" });
    expect(series?.points).toEqual([
      [1000, null],
      [2000, Infinity],
      [3000, -Infinity],
      [4000, 0.5],
    ]);
  });

  it("breaks the line at a gap", () => {
    const [series] = seriesOf(
      target,
      {
        resultType: "matrix",
        result: [
          {
            metric: {},
            values: [
              [10, "1"],
              [20, "2"],
              [50, "3"],
            ],
          },
        ],
      },
      10_000,
    );
    expect(series?.points.map(([timeMs]) => timeMs)).toEqual([10_000, 20_000, 30_000, 50_000]);
    expect(series?.points[2]).toEqual([30_000, null]);
  });

  it("reads vectors and scalars as one point", () => {
    const vector = seriesOf(
      target,
      { resultType: "vector", result: [{ metric: { a: "b" }, value: [1, "2"] }] },
      1000,
    );
    const scalar = seriesOf(target, { resultType: "scalar", result: [1, "3"] }, 1000);
    expect(vector[0]?.points).toEqual([[1000, 2]]);
    expect(scalar[0]?.points).toEqual([[1000, 3]]);
  });

  it("numbers series of one name", () => {
    const names = withUniqueNames([
      seriesNamed("x", []),
      seriesNamed("y", []),
      seriesNamed("x", []),
    ]);
    expect(names.map(({ name }) => name)).toEqual(["x 1", "y", "x 2"]);
  });
});
