/** In which order the variables are asked for. */

import { describe, expect, it } from "vitest";

import { useSource } from "../src/api/fetch";
import type { Answer } from "../src/api/source";
import type { Dashboard } from "../src/dashboard/model";
import { loadChoices } from "../src/query/choices";

function variable(name: string, query: string) {
  return { name, type: "query", query, current: { value: ["kept"] } };
}

const DASHBOARD = {
  templating: {
    list: [
      variable("operator", "label_values(up, operator)"),
      variable("task", "label_values(up, task)"),
      variable("unit", 'label_values(units{operator="$operator"}, unit)'),
    ],
  },
} as unknown as Dashboard;

describe("the values of variables", () => {
  it("are asked for side by side, but for those that hang on others", async () => {
    const answers: (() => void)[] = [];
    const asked: string[] = [];
    useSource(({ address }) => {
      asked.push(address.split("/")[3] ?? "");
      const body = { status: "success", data: ["b", "a"] };
      return new Promise<Answer>((resolve) => {
        answers.push(() => {
          resolve({ address, body, tookMs: 1 });
        });
      });
    });
    const range = { fromMs: 0, toMs: 1 };
    const choices = loadChoices(DASHBOARD, new Map(), range, new AbortController().signal);
    expect(asked).toEqual(["operator", "task"]);
    for (const answer of answers) answer();
    await expect.poll(() => asked).toEqual(["operator", "task", "unit"]);
    answers.at(-1)?.();
    expect((await choices).map(({ options }) => options)).toEqual([
      ["a", "b"],
      ["a", "b"],
      ["a", "b"],
    ]);
  });
});
