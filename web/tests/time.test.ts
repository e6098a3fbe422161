import { afterEach, describe, expect, it } from "vitest";

import { formatAge, formatClock, formatInstant } from "../src/query/clock";
import { parseTimeMs } from "../src/query/dateMath";
import {
  absolute,
  describeRange,
  QUICK_RANGES,
  rangeProblem,
  resolveRange,
  shifted,
  zoomOut,
} from "../src/query/time";
import { BROWSER_ZONE, instantOf, isTimeZone, setTimeZone, wallTimeOf } from "../src/query/zone";

const HOUR_MS = 3_600_000;
/** A Thursday, 13:46:40 in Berlin. */
const NOW_MS = Date.parse("2026-11-26T12:46:40Z");

afterEach(() => {
  setTimeZone(BROWSER_ZONE);
});

const iso = (timeMs: number | undefined): string =>
  timeMs === undefined ? "none" : new Date(timeMs).toISOString();

describe("instants", () => {
  it.each([
    ["now", "2026-11-26T12:46:40.000Z"],
    ["now-15m", "2026-11-26T12:31:40.000Z"],
    ["now-1h30m", "2026-11-26T11:16:40.000Z"],
    ["now+1d", "2026-11-27T12:46:40.000Z"],
    ["now/h", "2026-11-26T12:00:00.000Z"],
    ["now/d", "2026-11-26T00:00:00.000Z"],
    ["now-1d/d", "2026-11-25T00:00:00.000Z"],
    ["now/w", "2026-11-23T00:00:00.000Z"],
    ["now/M", "2026-11-01T00:00:00.000Z"],
    ["now-1M", "2026-10-26T12:46:40.000Z"],
    ["now/y", "2026-01-01T00:00:00.000Z"],
    ["1700000000000", "2023-11-14T22:13:20.000Z"],
    [" 2026-11-22 18:01 ", "2026-11-22T18:01:00.000Z"],
    ["2026-11-22T18:01:05", "2026-11-22T18:01:05.000Z"],
    ["2026-11-22", "2026-11-22T00:00:00.000Z"],
    ["2026-11-22T18:01:05+02:00", "2026-11-22T16:01:05.000Z"],
  ])("reads %s", (text, expected) => {
    setTimeZone("utc");
    expect(iso(parseTimeMs(text, NOW_MS))).toBe(expected);
  });

  it.each([
    "",
    "yesterday",
    "now-",
    "now-5",
    "now-15",
    "now-5x",
    "now/q",
    "2026-02-30",
    "2026-11-22 24:00",
  ])("refuses “%s”", (text) => {
    expect(parseTimeMs(text, NOW_MS)).toBeUndefined();
  });

  it.each([
    ["now/d", "2026-11-26T23:59:59.999Z"],
    ["now/w", "2026-11-29T23:59:59.999Z"],
    ["now/M", "2026-11-30T23:59:59.999Z"],
    ["now/h", "2026-11-26T12:59:59.999Z"],
    ["2026-11-22", "2026-11-22T23:59:59.999Z"],
    ["2026-11-22 18:01", "2026-11-22T18:01:00.000Z"],
  ])("reads %s as the end of a range", (text, expected) => {
    setTimeZone("utc");
    expect(iso(parseTimeMs(text, NOW_MS, true))).toBe(expected);
  });

  it("takes the last day of a shorter month", () => {
    setTimeZone("utc");
    expect(iso(parseTimeMs("now-1M", Date.parse("2026-03-31T10:00:00Z")))).toBe(
      "2026-02-28T10:00:00.000Z",
    );
  });
});

describe("the time zone", () => {
  it("begins days at its own midnight", () => {
    setTimeZone("Europe/Berlin");
    expect(iso(parseTimeMs("now/d", NOW_MS))).toBe("2026-11-25T23:00:00.000Z");
    expect(iso(parseTimeMs("2026-07-01 12:00", NOW_MS))).toBe("2026-07-01T10:00:00.000Z");
  });

  it("keeps the hour over a change of the clocks", () => {
    setTimeZone("Europe/Berlin");
    // The night before, the clocks went back: the day had 25 hours.
    const noonMs = Date.parse("2026-10-25T11:00:00Z");
    expect(noonMs - (parseTimeMs("now-1d", noonMs) ?? 0)).toBe(25 * HOUR_MS);
  });

  it("writes every time", () => {
    setTimeZone("Asia/Kolkata");
    expect(formatInstant(NOW_MS)).toBe("2026-11-26 18:16:40");
    expect(formatClock(NOW_MS, HOUR_MS)).toBe("18:16");
    setTimeZone("utc");
    expect(formatInstant(NOW_MS)).toBe("2026-11-26 12:46:40");
  });

  it.each(["Europe/Berlin", "utc", "America/St_Johns", "Asia/Kathmandu"])(
    "leads there and back in %s",
    (zone) => {
      setTimeZone(zone);
      expect(instantOf(wallTimeOf(NOW_MS))).toBe(NOW_MS);
    },
  );

  it("is known or not", () => {
    expect(["browser", "utc", "Europe/Berlin"].every(isTimeZone)).toBe(true);
    expect(isTimeZone("Middle-earth/Shire")).toBe(false);
  });
});

describe("ranges", () => {
  it.each([
    { from: "now", to: "now" },
    { from: "now", to: "now-5m" },
    { from: "yesterday", to: "now" },
  ])("refuse $from to $to", (raw) => {
    expect(resolveRange(raw, NOW_MS)).toBeUndefined();
  });

  it("say which end is wrong and why", () => {
    expect(rangeProblem({ from: "noon", to: "now" }, NOW_MS)).toEqual({
      end: "from",
      text: expect.stringContaining("“noon” is not a time") as string,
    });
    expect(rangeProblem({ from: "now", to: "now-1h" }, NOW_MS)).toEqual({
      end: "to",
      text: "The end of the range must come after its start.",
    });
    expect(rangeProblem({ from: "now-1h", to: "now" }, NOW_MS)).toBeUndefined();
  });

  it("of the quick list are all valid, each with a name of its own", () => {
    expect(QUICK_RANGES.filter((raw) => resolveRange(raw, NOW_MS) === undefined)).toEqual([]);
    expect(new Set(QUICK_RANGES.map(({ text }) => text)).size).toBe(QUICK_RANGES.length);
  });

  it("zoom out around the middle, but not into the future", () => {
    expect(zoomOut({ fromMs: 1000, toMs: 2000 }, 10_000)).toEqual({ fromMs: 500, toMs: 2500 });
    expect(zoomOut({ fromMs: 9000, toMs: 10_000 }, 10_000)).toEqual({ fromMs: 8000, toMs: 10_000 });
  });

  it("shift by half their length, but not into the future", () => {
    const range = { fromMs: 1000, toMs: 2000 };
    expect(shifted(range, -1, 9000)).toEqual({ fromMs: 500, toMs: 1500 });
    expect(shifted(range, 1, 9000)).toEqual({ fromMs: 1500, toMs: 2500 });
    expect(shifted(range, 1, 2100)).toEqual({ fromMs: 1100, toMs: 2100 });
    expect(shifted(range, 1, 1500)).toEqual(range);
  });

  it("are described by name, by instants, or as written", () => {
    setTimeZone("utc");
    expect(describeRange({ from: "now-1d/d", to: "now-1d/d" })).toBe("Yesterday");
    expect(describeRange({ from: "now-7m", to: "now" })).toBe("Last 7 minutes");
    expect(describeRange({ from: "now-1w", to: "now" })).toBe("Last 1 week");
    expect(describeRange({ from: "now-7m", to: "now-1m" })).toBe("now-7m to now-1m");
    expect(describeRange(absolute({ fromMs: NOW_MS - 1000, toMs: NOW_MS }))).toBe(
      "2026-11-26 12:46:39 to 2026-11-26 12:46:40",
    );
  });
});

it.each([
  [0, "0 s"],
  [59_000, "59 s"],
  [61_000, "1 min"],
  [2 * HOUR_MS, "2 h"],
  [50 * HOUR_MS, "2 d"],
])("an age of %d ms is %s", (ageMs, text) => {
  expect(formatAge(ageMs)).toBe(text);
});
