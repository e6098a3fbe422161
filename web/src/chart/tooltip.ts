/** The tooltip beside the pointer: the values at its time, and the annotations it is on. */

import { h, swatch } from "../dom";
import type { Tooltip, TooltipRow } from "../panels/panel";
import { formatInstant } from "../query/clock";
import type { Mark } from "./annotationLayer";

const DISTANCE_PIXELS = 14;

const element = h("div", { class: "tooltip page-tooltip", role: "presentation", hidden: true });

/** Shows what there is to tell beside the point, given in pixels of the window. */
export function showTooltip(
  tooltip: Tooltip | null,
  marks: readonly Mark[],
  clientX: number,
  clientY: number,
): void {
  element.hidden = tooltip === null && marks.length === 0;
  if (element.hidden) return;
  if (!element.isConnected) document.body.append(element);
  element.replaceChildren(...tooltipContent(tooltip, marks));
  place(clientX, clientY);
}

export function hideTooltip(): void {
  element.hidden = true;
}

export function tooltipContent(tooltip: Tooltip | null, marks: readonly Mark[]): HTMLElement[] {
  const values =
    tooltip === null
      ? []
      : [
          h("div", { class: "tooltip-time" }, formatInstant(tooltip.timeMs)),
          ...tooltip.rows.map(valueRow),
        ];
  return [...values, ...marks.map(markRow)];
}

function valueRow({ name, text, color, isNearest }: TooltipRow): HTMLElement {
  return h(
    "div",
    { class: isNearest ? "tooltip-row nearest" : "tooltip-row" },
    swatch(color),
    h("span", { class: "tooltip-name" }, name),
    h("span", { class: "tooltip-value" }, text),
  );
}

function markRow({ color, headline, lines, fromMs, toMs }: Mark): HTMLElement {
  const until = toMs > fromMs ? ` to ${formatInstant(toMs)}` : "";
  return h(
    "div",
    { class: "tooltip-mark" },
    h("div", { class: "tooltip-row" }, swatch(color), h("span", {}, headline)),
    h("div", { class: "tooltip-time" }, formatInstant(fromMs) + until),
    ...lines.map((line) => h("div", {}, line)),
  );
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
