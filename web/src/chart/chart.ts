/** An ECharts instance on an element, with crosshair, tooltip, annotations and drag to zoom over it. */

import type { TimeRange } from "../api/prometheus";
import { h } from "../dom";
import type { Drawing, Pointer } from "../panels/panel";
import { isUtc } from "../query/zone";
import { AnnotationLayer } from "./annotationLayer";
import { Crosshair } from "./crosshair";
import { init, type ECharts } from "./echarts";
import { packed } from "./packed";
import { plotOf, timeAt, type Plot } from "./plot";
import { PointerInput, type PointerPlace } from "./pointerInput";
import { timeCharts, type TimeChart } from "./timeCharts";
import { showTooltip } from "./tooltip";

export class Chart implements TimeChart {
  private instance: ECharts | undefined;
  private drawing: Drawing | undefined;
  private plot: Plot | undefined;
  private readonly selection = h("div", { class: "selection", hidden: true });
  private readonly crosshair = new Crosshair();
  private readonly annotations = new AnnotationLayer();

  /** `zoom` gets the range that was dragged over. */
  constructor(
    readonly host: HTMLElement,
    private readonly hasTimeAxis: boolean,
    private readonly zoom: (range: TimeRange) => void,
  ) {
    if (!hasTimeAxis) return;
    new PointerInput(host, {
      isOnPlot: (place) => this.pointerAt(place) !== undefined,
      point: (place) => {
        this.point(place);
      },
      leave: () => {
        timeCharts.leave();
      },
      select: (fromX, toX) => {
        this.showSelection(fromX, toX);
      },
      selected: (fromX, toX) => {
        this.zoomTo(fromX, toX);
      },
      cancelled: () => {
        this.selection.hidden = true;
      },
    });
    timeCharts.add(this);
  }

  get size(): { width: number; height: number } {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  draw(drawing: Drawing): void {
    this.drawing = drawing;
    const { width, height } = this.size;
    this.instance ??= this.create({ width, height });
    // It draws all anew even where the size is the same.
    if (this.instance.getWidth() !== width || this.instance.getHeight() !== height) {
      this.instance.resize({ width, height });
    }
    const option = { ...packed(drawing.option), useUTC: isUtc() };
    this.instance.setOption(option, { notMerge: true });
    if (!this.hasTimeAxis) return;
    this.plot = plotOf(this.instance, drawing.option, { height });
    this.annotate();
  }

  /** Frees the drawing; the chart can be drawn again. */
  clear(): void {
    this.instance?.dispose();
    this.instance = undefined;
    this.drawing = undefined;
    this.plot = undefined;
    this.host.replaceChildren();
  }

  annotate(): void {
    if (this.plot !== undefined) this.annotations.show(timeCharts.annotations, this.plot);
  }

  /** The crosshair, and the tooltip of the page beside the pointer. */
  showOwn(place: PointerPlace): void {
    const pointer = this.pointerAt(place);
    if (pointer === undefined || this.plot === undefined) return;
    this.crosshair.show(this.plot, pointer.timeMs, null);
    const marked = this.annotations.near(place.x, place.y, this.plot);
    showTooltip(this.drawing?.tooltip?.(pointer) ?? null, marked, place.clientX, place.clientY);
  }

  /** The crosshair at a time that is pointed at elsewhere, and what there is to tell of it. */
  showShared(timeMs: number, withTooltip: boolean): void {
    if (this.plot === undefined) return;
    const pointer = { timeMs, y: NaN };
    const tooltip = withTooltip ? (this.drawing?.tooltip?.(pointer) ?? null) : null;
    this.crosshair.show(this.plot, timeMs, tooltip);
  }

  hidePointer(): void {
    this.crosshair.hide();
  }

  /** With its size, which ECharts would find by making the browser lay out the page. */
  private create(size: { width: number; height: number }): ECharts {
    const canvas = h("div", { class: "canvas" });
    const layers = [this.annotations.element, this.selection, ...this.crosshair.elements];
    this.host.replaceChildren(canvas, ...(this.hasTimeAxis ? layers : []));
    return init(canvas, null, size);
  }

  private point(place: PointerPlace): void {
    const pointer = this.pointerAt(place);
    if (pointer === undefined) timeCharts.leave();
    else timeCharts.point(this, place, pointer.timeMs);
  }

  private showSelection(fromX: number, toX: number): void {
    timeCharts.leave();
    this.selection.hidden = false;
    this.selection.style.left = `${Math.min(fromX, toX)}px`;
    this.selection.style.width = `${Math.abs(toX - fromX)}px`;
  }

  private zoomTo(fromX: number, toX: number): void {
    this.selection.hidden = true;
    const { plot } = this;
    if (plot === undefined) return;
    const [fromMs, toMs] = [timeAt(plot, Math.min(fromX, toX)), timeAt(plot, Math.max(fromX, toX))];
    if (fromMs < toMs) this.zoom({ fromMs, toMs });
  }

  /** The pointer's time and value; undefined beside the plot. */
  private pointerAt({ x, y }: PointerPlace): Pointer | undefined {
    if (this.plot === undefined || !this.instance?.containPixel("grid", [x, y])) return undefined;
    const [timeMs = 0, value = 0] = this.instance.convertFromPixel("grid", [x, y]);
    return { timeMs, y: value };
  }
}
