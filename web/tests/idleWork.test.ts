/** Work for when the browser has time, where there is no such thing as idle time. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { IdleWork } from "../src/page/idleWork";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it("is done later, once", () => {
  const work = vi.fn();
  new IdleWork().plan(work);
  expect(work).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(work).toHaveBeenCalledOnce();
});

it("gives way to what is planned after it", () => {
  const [early, late] = [vi.fn(), vi.fn()];
  const idle = new IdleWork();
  idle.plan(early);
  idle.plan(late);
  vi.runAllTimers();
  expect(early).not.toHaveBeenCalled();
  expect(late).toHaveBeenCalledOnce();
});

it("is not done once it is cancelled", () => {
  const work = vi.fn();
  const idle = new IdleWork();
  idle.plan(work);
  idle.cancel();
  vi.runAllTimers();
  expect(work).not.toHaveBeenCalled();
});
