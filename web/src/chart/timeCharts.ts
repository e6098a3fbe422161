/** What all graphs over time on the page share: the pointer's time, and annotations. */

import type { Mark } from "./annotationLayer";
import type { PointerPlace } from "./pointerInput";
import type { Sharing } from "./sharing";
import { hideTooltip } from "./tooltip";

export interface TimeChart {
  readonly host: HTMLElement;
  /** Shows what the pointer over this chart is on. */
  showOwn: (place: PointerPlace) => void;
  /** Shows a time that is pointed at on another chart. */
  showShared: (timeMs: number, withTooltip: boolean) => void;
  hidePointer: () => void;
  /** Draws the annotations anew. */
  annotate: () => void;
}

class TimeCharts {
  sharing: Sharing = "crosshair";
  private readonly charts = new Map<Element, TimeChart>();
  private readonly visible = new Set<TimeChart>();
  private marks: readonly Mark[] = [];
  private frame: number | undefined;
  private observer: IntersectionObserver | undefined;

  get annotations(): readonly Mark[] {
    return this.marks;
  }

  set annotations(marks: readonly Mark[]) {
    this.marks = marks;
    for (const chart of this.charts.values()) chart.annotate();
  }

  add(chart: TimeChart): void {
    this.observer ??= this.listen();
    this.charts.set(chart.host, chart);
    this.observer.observe(chart.host);
  }

  /** Shows the time under the pointer on all charts on the screen, at most once a frame. */
  point(source: TimeChart, place: PointerPlace, timeMs: number): void {
    this.nextFrame(() => {
      source.showOwn(place);
      if (this.sharing === "nothing") return;
      for (const chart of this.visible) {
        if (chart !== source) chart.showShared(timeMs, this.sharing === "tooltip");
      }
    });
  }

  /** The pointer is on no chart. */
  leave(): void {
    this.nextFrame(() => {
      hideTooltip();
      for (const chart of this.charts.values()) chart.hidePointer();
    });
  }

  private nextFrame(show: () => void): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      this.frame = undefined;
      show();
    });
  }

  private listen(): IntersectionObserver {
    // What a finger tapped for goes with the next tap elsewhere.
    document.addEventListener("pointerdown", ({ target }) => {
      const isOnChart = target instanceof Element && target.closest(".chart") !== null;
      if (!isOnChart) this.leave();
    });
    return new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const chart = this.charts.get(target);
        if (chart === undefined) continue;
        if (isIntersecting) this.visible.add(chart);
        else this.visible.delete(chart);
      }
    });
  }
}

/** One for the page, which shows one dashboard. */
export const timeCharts = new TimeCharts();
