/** The one tooltip of the page: a list of values at the time under the pointer. */

import { h, swatch } from "../dom";
import type { Tooltip } from "../panels/panel";
import { formatInstant } from "../query/clock";

const DISTANCE_PIXELS = 14;

const element = h("div", { class: "tooltip", role: "presentation", hidden: true });

/** Shows `tooltip` beside the point, given in pixels of the window. */
export function showTooltip(tooltip: Tooltip, clientX: number, clientY: number): void {
  if (!element.isConnected) document.body.append(element);
  element.replaceChildren(
    h("div", { class: "tooltip-time" }, formatInstant(tooltip.timeMs)),
    ...tooltip.rows.map((row) =>
      h(
        "div",
        { class: row.isNearest ? "tooltip-row nearest" : "tooltip-row" },
        swatch(row.color),
        h("span", { class: "tooltip-name" }, row.name),
        h("span", { class: "tooltip-value" }, row.text),
      ),
    ),
  );
  element.hidden = false;
  place(clientX, clientY);
}

export function hideTooltip(): void {
  element.hidden = true;
}

/** To the right of and below the pointer, or on the other side where the window ends. */
function place(clientX: number, clientY: number): void {
  const { width, height } = element.getBoundingClientRect();
  const right = clientX + DISTANCE_PIXELS;
  const below = clientY + DISTANCE_PIXELS;
  const left = right + width > innerWidth ? clientX - DISTANCE_PIXELS - width : right;
  const top = below + height > innerHeight ? clientY - DISTANCE_PIXELS - height : below;
  element.style.left = `${Math.max(4, left)}px`;
  element.style.top = `${Math.max(4, top)}px`;
}
