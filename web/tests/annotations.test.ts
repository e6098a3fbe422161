import { describe, expect, it } from "vitest";

import type { QueryResult } from "../src/api/prometheus";
import type { Annotation, Dashboard } from "../src/dashboard/model";
import { eventsOf, queryAnnotations } from "../src/query/annotations";

const STEP_MS = 60_000;

const annotation = (change: Partial<Annotation> = {}): Annotation => ({
  name: "Task runs",
  expr: "up",
  ...change,
});

const matrix = (values: [number, string][], metric = {}): QueryResult => ({
  resultType: "matrix",
  result: [{ metric, values }],
});

const spans = (events: { fromMs: number; toMs: number }[]): [number, number][] =>
  events.map(({ fromMs, toMs }) => [fromMs, toMs]);

describe("annotations", () => {
  it("join points that are a step apart, and leave out zeros", () => {
    const events = eventsOf(
      annotation(),
      matrix([
        [0, "0"],
        [60, "1"],
        [120, "2"],
        [180, "0"],
        [300, "1"],
      ]),
      STEP_MS,
    );
    expect(spans(events)).toEqual([
      [60_000, 120_000],
      [300_000, 300_000],
    ]);
  });

  it.each([true, "on"])("take the value for the time where useValueForTime is %j", (wanted) => {
    const samples = matrix([
      [60, "1700000000000"],
      [120, "1700000000000"],
      [180, "1700009000000"],
    ]);
    const events = eventsOf(annotation({ useValueForTime: wanted }), samples, STEP_MS);
    expect(spans(events)).toEqual([
      [1_700_000_000_000, 1_700_000_000_000],
      [1_700_009_000_000, 1_700_009_000_000],
    ]);
  });

  it("write labels into title and text, and list the chosen ones as tags", () => {
    const [event] = eventsOf(
      annotation({ titleFormat: "{{ task }} begins", textFormat: "{{gone}}!", tagKeys: "a, b,c" }),
      matrix([[60, "1"]], { task: "<img>", a: "x", c: "y" }),
      STEP_MS,
    );
    expect(event).toMatchObject({ title: "<img> begins", text: "!", tags: ["x", "y"] });
  });

  it("come in the order of time, whatever series they are of", () => {
    const result: QueryResult = {
      resultType: "matrix",
      result: [
        { metric: { a: "late" }, values: [[600, "1"]] },
        { metric: { a: "early" }, values: [[60, "1"]] },
      ],
    };
    expect(spans(eventsOf(annotation(), result, STEP_MS))[0]).toEqual([60_000, 60_000]);
  });

  it("without a query, as Grafana's own, are left alone", () => {
    const list = [
      { name: "Annotations & Alerts", enable: true },
      annotation(),
      { name: "By target", target: { expr: "up" } },
    ];
    const dashboard: Dashboard = { uid: "d", title: "D", panels: [], annotations: { list } };
    expect(queryAnnotations(dashboard).map(({ name }) => name)).toEqual(["Task runs", "By target"]);
  });
});
