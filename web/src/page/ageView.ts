/** How old what is shown is. */

import { h } from "../dom";
import { formatAge, formatInstant } from "../query/clock";

const TICK_MS = 1000;

export class AgeView {
  readonly element = h("span", { class: "age" });
  private readMs: number | undefined;

  constructor() {
    setInterval(() => {
      this.render();
    }, TICK_MS);
  }

  /** When the store answered last; undefined before it did. */
  get lastReadMs(): number | undefined {
    return this.readMs;
  }

  /** What is shown was read just now. */
  setRead(): void {
    this.readMs = Date.now();
    this.render();
  }

  private render(): void {
    if (this.readMs === undefined) return;
    this.element.textContent = `${formatAge(Date.now() - this.readMs)} ago`;
    this.element.title = `Read at ${formatInstant(this.readMs)}`;
  }
}
