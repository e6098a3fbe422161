/** The line above a panel: title, description on hover or focus, what went wrong, and the menu. */

import type { Panel } from "../dashboard/model";
import { h } from "../dom";
import { renderMarkdown } from "./markdown";
import { panelMenu, type MenuEntry } from "./panelMenu";

/** `problem` is the place of the badge, which stays until the next header. */
export function panelHeader(
  panel: Panel,
  title: string,
  problem: HTMLElement,
  entries: () => MenuEntry[],
): HTMLElement {
  const description = panel.description ? [descriptionOf(panel, title, panel.description)] : [];
  return h(
    "header",
    { class: "panel-header" },
    h("h3", {}, title),
    ...description,
    problem,
    panelMenu(title, entries),
  );
}

/** What a panel shows when it keeps older data because it could not read anew. */
export function problemBadge(text: string, inspect: () => void): HTMLElement {
  const label = `Not read anew: ${text}`;
  return h(
    "button",
    {
      type: "button",
      class: "header-button problem-badge",
      "aria-label": label,
      title: label,
      onclick: inspect,
    },
    "!",
  );
}

/** A button with the text beside it, which the style sheet shows on hover and focus. */
function descriptionOf(panel: Panel, title: string, text: string): HTMLElement {
  const id = `description-${panel.id}`;
  return h(
    "span",
    { class: "description" },
    h(
      "button",
      {
        type: "button",
        class: "header-button",
        "aria-label": `About ${title}`,
        "aria-describedby": id,
      },
      "i",
    ),
    h("div", { id, class: "description-text", role: "tooltip" }, ...renderMarkdown(text)),
  );
}
