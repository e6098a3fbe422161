import { describe, expect, it } from "vitest";
import { nextTurn } from "../src/page/drawQueue";

describe("the queue of drawings", () => {
  it("gives turns in the order in which they were asked for", async () => {
    const drawn: number[] = [];
    await Promise.all(
      [1, 2, 3].map(async (panel) => {
        await nextTurn();
        drawn.push(panel);
      }),
    );
    expect(drawn).toEqual([1, 2, 3]);
  });

  it("gives each turn in a task of its own", async () => {
    let isDrawn = false;
    void nextTurn().then(() => {
      isDrawn = true;
    });
    for (let microtask = 0; microtask < 100; microtask++) await Promise.resolve();
    expect(isDrawn).toBe(false);
    await nextTurn();
    expect(isDrawn).toBe(true);
  });
});
