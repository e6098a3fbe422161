/** Annotations over a graph: a line for an instant, a band for a stretch of time. */

import { h } from "../dom";
import { xOf, type Plot } from "./plot";

/** So near to a line the pointer is on it. */
const NEAR_PIXELS = 5;
/** The strip at the foot of the plot where a band can be pointed at. */
const STRIP_PIXELS = 12;

/** An event to mark, in the colour to mark it with. */
export interface Mark {
  fromMs: number;
  toMs: number;
  color: string;
  headline: string;
  lines: readonly string[];
}

interface Placed {
  mark: Mark;
  left: number;
  right: number;
}

export class AnnotationLayer {
  readonly element = h("div", { class: "annotations" });
  private placed: Placed[] = [];

  show(marks: readonly Mark[], plot: Plot): void {
    this.placed = marks.flatMap((mark) => {
      const left = Math.max(plot.left, xOf(plot, mark.fromMs));
      const right = Math.min(plot.right, xOf(plot, mark.toMs));
      return left <= right ? [{ mark, left, right }] : [];
    });
    this.element.style.top = `${plot.top}px`;
    this.element.style.height = `${plot.bottom - plot.top}px`;
    this.element.replaceChildren(...distinct(this.placed).map(drawn));
  }

  /** The marks that the pointer is on. */
  near(x: number, y: number, plot: Plot): Mark[] {
    const isInStrip = y > plot.bottom - STRIP_PIXELS;
    const found = this.placed.filter(({ left, right }) => {
      const isAtEnd = Math.min(Math.abs(x - left), Math.abs(x - right)) <= NEAR_PIXELS;
      return isAtEnd || (isInStrip && x > left && x < right);
    });
    return found.map(({ mark }) => mark);
  }
}

/** What would be drawn over the same pixels in the same colour, once. */
function distinct(placed: readonly Placed[]): Placed[] {
  const keyOf = ({ mark, left, right }: Placed): string =>
    `${Math.round(left)} ${Math.round(right)} ${mark.color}`;
  return [...new Map(placed.map((one) => [keyOf(one), one])).values()];
}

function drawn({ mark, left, right }: Placed): HTMLElement {
  const isRegion = right - left >= 1;
  const element = h("div", { class: isRegion ? "annotation region" : "annotation" });
  element.style.setProperty("--mark", mark.color);
  element.style.left = `${left}px`;
  element.style.width = `${right - left}px`;
  return element;
}
