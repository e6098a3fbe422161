/** The line at the time that is pointed at, and beside it what another graph's pointer asks for. */

import { h } from "../dom";
import type { Tooltip } from "../panels/panel";
import { xOf, type Plot } from "./plot";
import { tooltipContent } from "./tooltip";

export class Crosshair {
  private readonly line = h("div", { class: "crosshair", hidden: true });
  private readonly tooltip = h("div", { class: "tooltip shared-tooltip", hidden: true });

  get elements(): HTMLElement[] {
    return [this.line, this.tooltip];
  }

  show(plot: Plot, timeMs: number, tooltip: Tooltip | null): void {
    const x = xOf(plot, timeMs);
    const isInside = x >= plot.left && x <= plot.right;
    this.line.hidden = !isInside;
    this.tooltip.hidden = !isInside || tooltip === null;
    if (!isInside) return;
    this.line.style.transform = `translateX(${x}px)`;
    this.line.style.top = `${plot.top}px`;
    this.line.style.height = `${plot.bottom - plot.top}px`;
    if (tooltip !== null) this.showTooltip(plot, x, tooltip);
  }

  hide(): void {
    this.line.hidden = true;
    this.tooltip.hidden = true;
  }

  /** On the side with more room; without a look at its size, which would cost a layout. */
  private showTooltip({ left, right }: Plot, x: number, tooltip: Tooltip): void {
    const isLeft = x > (left + right) / 2;
    this.tooltip.replaceChildren(...tooltipContent(tooltip, []));
    this.tooltip.style.transform = `translateX(${x}px) translateX(${isLeft ? "calc(-100% - 8px)" : "8px"})`;
    this.tooltip.style.maxWidth = `${(isLeft ? x : right - x + 16) - 8}px`;
  }
}
