/** The dialog that lists the keyboard shortcuts. */

import { h } from "../dom";
import type { Shortcut } from "./shortcuts";

const KEY_NAMES: ReadonlyMap<string, string> = new Map([
  ["ArrowLeft", "←"],
  ["ArrowRight", "→"],
  ["Escape", "Esc"],
]);

/** What works where the focus is, without a shortcut of the page. */
const ELSEWHERE: readonly (readonly [string, string])[] = [
  ["↑ ↓", "go through a list of values; Enter chooses"],
];

export function helpDialog(shortcuts: readonly Shortcut[]): HTMLDialogElement {
  const own = shortcuts.map(({ keys, text }) =>
    line(
      keys.map((key) => KEY_NAMES.get(key) ?? key),
      text,
    ),
  );
  const others = ELSEWHERE.map(([key, text]) => line([key], text));
  const close = h("button", { class: "button", value: "close" }, "Close");
  return h(
    "dialog",
    { class: "help", "aria-labelledby": "help-title" },
    h("h2", { id: "help-title" }, "Keyboard shortcuts"),
    h("dl", {}, ...own, ...others),
    h("p", {}, "Drag over a graph to zoom in on a stretch of time; the browser's Back leads out."),
    h("form", { method: "dialog" }, close),
  );
}

function line(keys: readonly string[], text: string): HTMLElement {
  const caps = keys.map((key) => h("kbd", {}, key));
  return h("div", {}, h("dt", {}, ...caps), h("dd", {}, text));
}
