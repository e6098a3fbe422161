/** An ECharts instance on an element, with the page's tooltip and with drag to zoom. */

import type { Drawing, Pointer } from "../panels/panel";
import type { TimeRange } from "../api/prometheus";
import { h } from "../dom";
import { connect, init, type ECharts } from "./echarts";
import { hideTooltip, showTooltip } from "./tooltip";

/** A shorter drag is a click. */
const MIN_DRAG_PIXELS = 6;
/** Charts of one group show the crosshair of the one under the pointer. */
const GROUP = "time";

export class Chart {
  private instance: ECharts | undefined;
  private drawing: Drawing | undefined;
  private dragFromX: number | undefined;
  private readonly selection = h("div", { class: "selection", hidden: true });

  /** `zoom` gets the range that was dragged over. */
  constructor(
    private readonly host: HTMLElement,
    private readonly hasTimeAxis: boolean,
    private readonly zoom: (range: TimeRange) => void,
  ) {
    if (hasTimeAxis) this.listen();
  }

  get size(): { width: number; height: number } {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  draw(drawing: Drawing): void {
    this.drawing = drawing;
    this.instance ??= this.create();
    const { width, height } = this.size;
    // It draws all anew even where the size is the same.
    if (this.instance.getWidth() !== width || this.instance.getHeight() !== height) {
      this.instance.resize();
    }
    this.instance.setOption(drawing.option, { notMerge: true });
  }

  /** Frees the drawing; the chart can be drawn again. */
  clear(): void {
    this.instance?.dispose();
    this.instance = undefined;
    this.drawing = undefined;
    this.host.replaceChildren();
  }

  private create(): ECharts {
    const canvas = h("div", { class: "canvas" });
    this.host.replaceChildren(canvas, this.selection);
    const instance = init(canvas);
    if (this.hasTimeAxis) {
      instance.group = GROUP;
      connect(GROUP);
    }
    return instance;
  }

  private listen(): void {
    this.host.addEventListener("pointerdown", (event) => {
      this.startDrag(event);
    });
    this.host.addEventListener("pointermove", (event) => {
      this.move(event);
    });
    this.host.addEventListener("pointerup", (event) => {
      this.endDrag(event);
    });
    this.host.addEventListener("pointercancel", () => {
      this.cancelDrag();
    });
    this.host.addEventListener("pointerleave", hideTooltip);
  }

  private startDrag(event: PointerEvent): void {
    // A finger scrolls the page; only a mouse or a pen selects.
    if (event.button !== 0 || event.pointerType === "touch") return;
    if (this.pointerAt(event) === undefined) return;
    this.dragFromX = this.offsetX(event);
    this.host.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    if (this.dragFromX !== undefined) {
      hideTooltip();
      this.showSelection(this.dragFromX, this.offsetX(event));
      return;
    }
    const pointer = this.pointerAt(event);
    const tooltip = pointer && this.drawing?.tooltip?.(pointer);
    if (tooltip) showTooltip(tooltip, event.clientX, event.clientY);
    else hideTooltip();
  }

  private endDrag(event: PointerEvent): void {
    const from = this.dragFromX;
    this.cancelDrag();
    if (from === undefined || Math.abs(this.offsetX(event) - from) < MIN_DRAG_PIXELS) return;
    const ends = [from, this.offsetX(event)].map((x) => this.timeAt(x));
    const [fromMs, toMs] = ends.sort((a, b) => a - b);
    if (fromMs !== undefined && toMs !== undefined) this.zoom({ fromMs, toMs });
  }

  private cancelDrag(): void {
    this.dragFromX = undefined;
    this.selection.hidden = true;
  }

  private showSelection(from: number, to: number): void {
    this.selection.hidden = false;
    this.selection.style.left = `${Math.min(from, to)}px`;
    this.selection.style.width = `${Math.abs(to - from)}px`;
  }

  private offsetX(event: PointerEvent): number {
    return event.clientX - this.host.getBoundingClientRect().left;
  }

  /** The pointer's time and value; undefined beside the plot. */
  private pointerAt(event: PointerEvent): Pointer | undefined {
    const { left, top } = this.host.getBoundingClientRect();
    const pixel = [event.clientX - left, event.clientY - top];
    if (!this.instance?.containPixel("grid", pixel)) return undefined;
    const [timeMs = 0, y = 0] = this.instance.convertFromPixel("grid", pixel);
    return { timeMs, y };
  }

  /** The time at a pixel, cut to the ends of the axis. */
  private timeAt(x: number): number {
    const axis = this.drawing?.option.xAxis as { min: number; max: number };
    const [timeMs = axis.min] = this.instance?.convertFromPixel("grid", [x, 0]) ?? [];
    return Math.min(axis.max, Math.max(axis.min, timeMs));
  }
}
