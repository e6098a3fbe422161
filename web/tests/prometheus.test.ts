import { describe, expect, it } from "vitest";

import { useSource } from "../src/api/fetch";
import { runQuery } from "../src/api/prometheus";

describe("a query of one instant", () => {
  async function instantOf(toMs: number): Promise<number> {
    let asked = "";
    useSource(({ address }) => {
      asked = address;
      const body = { status: "success", data: { resultType: "vector", result: [] } };
      return Promise.resolve({ address, body, tookMs: 0 });
    });
    await runQuery({ expr: "up", range: { fromMs: 0, toMs } }, new AbortController().signal);
    return 1000 * Number(new URLSearchParams(asked.split("?")[1]).get("time"));
  }

  it("is of the end of the range", async () => {
    expect(await instantOf(1_700_000_000_000)).toBe(1_700_000_000_000);
  });

  it("is of now where the range goes on, as all of today does", async () => {
    const nowMs = Date.now();
    expect(Math.abs((await instantOf(nowMs + 3_600_000)) - nowMs)).toBeLessThan(60_000);
  });
});
