/** A button with a box under it, which closes by Escape, a click elsewhere, or when the focus leaves. */

import { h } from "../dom";

export class Popover {
  readonly element: HTMLDetailsElement;
  private readonly value = h("span", { class: "picker-value" });
  private readonly summary = h("summary", {}, this.value);

  /** `opened` is called after the box was opened, to put the focus where the person will type. */
  constructor(name: string, box: HTMLElement, opened: () => void = () => undefined) {
    box.classList.add("picker-list");
    this.element = h("details", { class: "picker", "data-picker": name }, this.summary, box);
    this.element.addEventListener("toggle", () => {
      if (this.element.open) opened();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.element.open) return;
      event.stopPropagation();
      this.close();
    });
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      // Without a target the window has lost the focus, or a click hit what takes none.
      if (relatedTarget instanceof Node && !this.element.contains(relatedTarget)) {
        this.element.open = false;
      }
    });
  }

  /** What the button shows, and what it is called for whoever does not see it. */
  setText(text: string, label: string): void {
    this.value.textContent = text;
    this.summary.setAttribute("aria-label", label);
    this.summary.title = label;
  }

  open(): void {
    this.element.open = true;
  }

  /** Closes the box and leaves the focus on the button. */
  close(): void {
    this.element.open = false;
    this.summary.focus();
  }
}

/** Closes every open box but the one that the event happened in. */
export function closeOtherPopovers(event: Event): void {
  for (const picker of document.querySelectorAll<HTMLDetailsElement>("details.picker[open]")) {
    // By its path: what was clicked may have been replaced since.
    if (!event.composedPath().includes(picker)) picker.open = false;
  }
}
