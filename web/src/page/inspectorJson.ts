/** The inspector's JSON: the panel as the board has it, and the store's answers. */

import { dropdown, h } from "../dom";
import { copyButton } from "./files";
import type { Inspected } from "./inspector";

/** A longer text makes the dialog slow; the copy has all of it. */
const MOST_CHARACTERS = 100_000;

export function jsonTab({ panel, loaded }: Inspected): HTMLElement[] {
  const answers = loaded.queries.map(({ target, found }) => ({ refId: target.refId, ...found }));
  const texts: Readonly<Record<string, string>> = {
    panel: JSON.stringify(panel, null, 2),
    data: JSON.stringify(answers, null, 1),
  };
  let shown = "panel";
  const text = (): string => texts[shown] ?? "";
  const code = h("code", {});
  const show = (): void => {
    const rest = text().length - MOST_CHARACTERS;
    code.textContent = text().slice(0, MOST_CHARACTERS);
    if (rest > 0) code.append(`\n… and ${rest} characters more`);
  };
  const sources = [
    { value: "panel", text: "the panel" },
    { value: "data", text: "the store's answers" },
  ];
  show();
  return [
    h(
      "div",
      { class: "inspector-controls" },
      dropdown("Of", sources, shown, (value) => {
        shown = value;
        show();
      }),
      copyButton("Copy", text),
    ),
    h("pre", {}, code),
  ];
}
