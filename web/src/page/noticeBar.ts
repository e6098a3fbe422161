/** The place above the panels for what the page has to say as a whole. */

import { h } from "../dom";

export class NoticeBar {
  readonly element = h("div", { class: "notices" });

  /** What says the same as before stays, so that a screen reader does not say it at each refresh. */
  show(...notices: HTMLElement[]): void {
    const isSame =
      notices.length === this.element.children.length &&
      notices.every((one, index) => one.textContent === this.element.children[index]?.textContent);
    if (!isSame) this.element.replaceChildren(...notices);
  }
}
