/** The line of controls in a snapshot: what was chosen, and what can still be done. */

import type { Snapshot } from "../api/snapshot";
import { h } from "../dom";
import { formatInstant } from "../query/clock";
import { resolveRange, type RawRange } from "../query/time";
import { describeChoice } from "../query/variables";
import type { Actions } from "./actions";
import type { ToolbarModel } from "./toolbar";

export class SnapshotBar {
  readonly element: HTMLElement;
  private readonly facts = h("dl", { class: "snapshot-facts" });
  private readonly whole: HTMLButtonElement;

  constructor(
    private readonly snapshot: Snapshot,
    actions: Actions,
  ) {
    this.whole = button("Whole range", () => {
      actions.setRange(rawRange(snapshot));
    });
    const attributes = { class: "toolbar", role: "region", "aria-label": "View" };
    const theme = button("Switch between dark and light", actions.toggleTheme);
    this.element = h("div", attributes, this.facts, this.whole, theme);
  }

  render({ choices, state }: ToolbarModel): void {
    const range = resolveRange(state.range, this.snapshot.takenMs) ?? this.snapshot.range;
    const chosen = choices.map((choice) => [
      choice.variable.label ?? choice.variable.name,
      describeChoice(choice),
    ]);
    const time = ["Time", `${formatInstant(range.fromMs)} to ${formatInstant(range.toMs)}`];
    const terms = [...chosen, time].map(([term = "", text = ""]) =>
      h("div", {}, h("dt", {}, term), h("dd", {}, text)),
    );
    this.facts.replaceChildren(...terms);
    const full = rawRange(this.snapshot);
    this.whole.hidden = state.range.from === full.from && state.range.to === full.to;
  }
}

/** Says above everything what this file is. */
export function snapshotNotice({ takenMs, origin, range }: Snapshot): HTMLElement {
  return h(
    "div",
    { class: "notice info snapshot-notice", role: "note" },
    h("strong", {}, `Snapshot of ${formatInstant(takenMs)}`),
    h(
      "span",
      {},
      `Taken from ${origin}: what was recorded between ${formatInstant(range.fromMs)} and ` +
        `${formatInstant(range.toMs)}. Nothing is read anew; drag on a graph to look closer.`,
    ),
  );
}

function rawRange({ range }: Snapshot): RawRange {
  return { from: String(range.fromMs), to: String(range.toMs) };
}

function button(text: string, click: () => void): HTMLButtonElement {
  return h("button", { type: "button", class: "button", onclick: click }, text);
}
