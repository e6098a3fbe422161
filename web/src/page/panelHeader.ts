/** The line above a panel: title, description on hover or focus, and the switch for its values. */

import type { Panel } from "../dashboard/model";
import { h } from "../dom";
import { renderMarkdown } from "./markdown";

/** `toggleValues` gets whether the table of values shall be seen. */
export function panelHeader(
  panel: Panel,
  title: string,
  toggleValues: (isShown: boolean) => void,
): HTMLElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "header-button values-toggle",
      "aria-pressed": "false",
      title: "Show the last values as a table",
      onclick: () => {
        const isShown = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(isShown));
        toggleValues(isShown);
      },
    },
    "Values",
  );
  const description = panel.description ? [descriptionOf(panel, title, panel.description)] : [];
  return h("header", { class: "panel-header" }, h("h3", {}, title), ...description, button);
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
