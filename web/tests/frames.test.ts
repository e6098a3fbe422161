/** What is around a panel: CSV, reasons, snapshots. */

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { inlined } from "../build/snapshotTemplate";
import { ResponseError, StoreUnreachable } from "../src/api/errors";
import { QueryError } from "../src/api/prometheus";
import {
  recordingSource,
  snapshotDocument,
  snapshotSource,
  type Recorded,
  type Snapshot,
} from "../src/api/snapshot";
import { PLACE } from "../src/api/snapshotPlace";
import { keyOf } from "../src/api/source";
import { failureReason } from "../src/page/reasons";
import { csvOf } from "../src/query/csv";
import { prepareQuery } from "../src/query/load";
import { metricNames } from "../src/query/metricNames";
import type { Choice } from "../src/query/template";
import { panelOf, seriesNamed } from "./fixtures";

const HOSTILE = "</script><img src=x onerror=alert(1)>";
const NEVER = new AbortController().signal;

interface Case {
  name: string;
  target: { refId: string; expr: string; interval?: string };
  panel: { interval?: string; maxDataPoints?: number };
  widthPixels: number;
  range: [number, number];
  scrapeIntervalMs: number;
  utcOffsetMs: number;
  choices: Choice[];
  expected: { expr: string; stepMs: number; range: [number, number] };
}

const CASES = JSON.parse(
  readFileSync(new URL("./cases/prepared_queries.json", import.meta.url), "utf8"),
) as Case[];

describe("queries that page and command line prepare alike", () => {
  it.each(CASES)("$name", ({ target, range, expected, utcOffsetMs, ...others }) => {
    const [fromMs, toMs] = range;
    const panel = { ...panelOf("timeseries"), ...others.panel };
    const request = { ...others, panel, range: { fromMs, toMs } };
    const query = prepareQuery(target, request, utcOffsetMs);
    const shown = { ...query, range: [query.range.fromMs, query.range.toMs] };
    expect(shown).toEqual(expected);
  });
});

describe("CSV", () => {
  const series = [
    seriesNamed("a", [
      [0, 1],
      [1000, null],
    ]),
    seriesNamed('=HYPERLINK("x"),', [
      [0, -2.5],
      [1000, 3],
    ]),
  ];

  it("has a row for each time and a column for each series", () => {
    expect(csvOf(series, "joined")).toBe(
      `time,a,"'=HYPERLINK(""x""),"\r\n` +
        "1970-01-01T00:00:00.000Z,1,-2.5\r\n" +
        "1970-01-01T00:00:01.000Z,,3\r\n",
    );
  });

  it("or a row for each sample", () => {
    expect(csvOf(series, "listed").split("\r\n")[1]).toBe("a,1970-01-01T00:00:00.000Z,1");
  });

  it.each(["=1", "+1", "-1", "@x", "\tx"])("makes the text %j no formula", (name) => {
    expect(csvOf([seriesNamed(name, [[0, 1]])], "listed")).toContain(`'${name}`);
  });
});

describe("metric names", () => {
  it.each([
    ['sum by (le) (rate(a_bucket{x="b{c"}[5m]))', ["a_bucket"]],
    ["a or on (x) group_left (y) b offset 5m", ["a", "b"]],
    ["60 * count(a > 0) or vector(0)", ["a"]],
    ['{__name__="a"}', []],
    ["rate($metric[$__rate_interval])", []],
  ])("of %s are %j", (expr, names) => {
    expect(metricNames(expr)).toEqual(names);
  });
});

describe("failures", () => {
  it.each<[Error, string]>([
    [new StoreUnreachable("gone"), "The store cannot be reached"],
    [new QueryError("query processing would load too many samples", "execution"), "reads too much"],
    [new QueryError("query timed out", "timeout"), "took too long"],
    [new QueryError("parse error", "bad_data"), "does not understand"],
    [new Error("other"), "Query failed"],
  ])("%s is told", (error, headline) => {
    expect(failureReason(error).headline).toContain(headline);
    expect(failureReason(error).detail).toBe(error.message);
  });
});

describe("a snapshot", () => {
  const matrix = {
    status: "success",
    data: {
      resultType: "matrix",
      result: [
        {
          metric: { a: HOSTILE },
          values: [
            [1, "1"],
            [2, "2"],
            [3, "3"],
          ],
        },
      ],
    },
  };
  const snapshot = (answers: Record<string, Recorded>): Snapshot => ({
    format: 1,
    takenMs: 0,
    origin: "o",
    version: "v",
    range: { fromMs: 1000, toMs: 3000 },
    search: "?from=1&to=2",
    answers,
  });

  it("finds an answer whatever the time range is, and cuts it to that", async () => {
    const source = snapshotSource(snapshot({ k: { address: "asked", body: matrix } }));
    const answer = await source({ address: "q?start=2&end=3", key: "k" }, NEVER);
    expect(answer.address).toBe("asked");
    expect(answer.body).toMatchObject({
      data: {
        result: [
          {
            values: [
              [2, "2"],
              [3, "3"],
            ],
          },
        ],
      },
    });
  });

  it("refuses as the store did, and what it does not have", async () => {
    const failure = { status: 422, kind: "execution", message: "too many" };
    const source = snapshotSource(snapshot({ k: { address: "a", failure } }));
    await expect(source({ address: "a", key: "k" }, NEVER)).rejects.toMatchObject(failure);
    await expect(source({ address: "a", key: "constructor" }, NEVER)).rejects.toThrow("not part");
  });

  it("records answers and refusals", async () => {
    const answers: Record<string, Recorded> = {};
    const source = recordingSource(({ address }) => {
      if (address === "bad") return Promise.reject(new ResponseError(400, "no", "bad_data"));
      return Promise.resolve({ address, body: 1, tookMs: 2 });
    }, answers);
    await source({ address: "good", key: "g" }, NEVER);
    await expect(source({ address: "bad", key: "b" }, NEVER)).rejects.toThrow("no");
    expect(answers).toEqual({
      g: { address: "good", body: 1, tookMs: 2 },
      b: { address: "bad", failure: { status: 400, kind: "bad_data", message: "no" } },
    });
  });

  it("has keys without times", () => {
    const match = encodeURIComponent('up{a="b"}');
    expect(keyOf(`api/v1/series?match%5B%5D=${match}&start=1&end=2`)).toBe(
      'api/v1/series match[]=up{a="b"}',
    );
  });

  it("keeps label values inside of its data", () => {
    const text = snapshotDocument(
      `<a>${PLACE}<b>`,
      snapshot({ k: { address: "a", body: matrix } }),
    );
    expect(text).not.toContain("<img");
    const data = /json" id="snapshot">(.*)<\/script><b>$/.exec(text)?.[1] ?? "";
    expect(JSON.parse(data)).toMatchObject({ answers: { k: { body: matrix } } });
  });

  it("is made of one page with all inside, whose script cannot end early", () => {
    const page =
      '<head><meta charset="utf-8" /><link rel="icon" href="./i.svg" />' +
      '<script type="module" crossorigin src="./a.js"></script>' +
      '<link rel="stylesheet" crossorigin href="./a.css"></head><body></body>';
    const files: Record<string, string> = {
      "./a.js": 'x("</script>$&")',
      "./a.css": "a{}",
      "./i.svg": "<svg/>",
    };
    const text = inlined(page, (name) => files[name] ?? "");
    expect(text).toContain('<script type="module">x("<\\/script>$&")</script>');
    expect(text).toContain("default-src 'none'; script-src 'sha256-");
    expect(text.split(PLACE)).toHaveLength(2);
    expect(text).not.toContain("./a");
  });
});
