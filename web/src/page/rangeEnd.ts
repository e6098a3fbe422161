/** One end of an absolute time range: a field for text, and a calendar that fills it. */

import { h } from "../dom";
import { formatInstant } from "../query/clock";
import { parseTimeMs } from "../query/dateMath";

export class RangeEnd {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly calendar: HTMLInputElement;
  private readonly problem: HTMLElement;

  constructor(
    label: string,
    private readonly isEnd: boolean,
  ) {
    const id = `range-${label.toLowerCase()}`;
    this.problem = h("p", { id: `${id}-problem`, class: "field-problem", role: "alert" });
    this.input = h("input", {
      id,
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": this.problem.id,
    });
    this.calendar = h("input", {
      type: "datetime-local",
      step: "1",
      class: "visually-hidden",
      tabindex: "-1",
      "aria-hidden": "true",
      onchange: () => {
        // The calendar writes the time on the wall, which is what the field takes.
        if (this.calendar.value !== "") this.show(this.calendar.value.replace("T", " "));
      },
    });
    this.element = h(
      "div",
      { class: "range-end" },
      h("label", { for: id }, label),
      h("span", { class: "range-field" }, this.input, this.calendar, this.calendarButton(label)),
      this.problem,
    );
  }

  get text(): string {
    return this.input.value;
  }

  show(text: string): void {
    this.input.value = text;
    this.setProblem(undefined);
  }

  focus(): void {
    this.input.focus();
  }

  setProblem(text: string | undefined): void {
    this.problem.textContent = text ?? "";
    this.input.setAttribute("aria-invalid", String(text !== undefined));
    if (text !== undefined) this.input.focus();
  }

  private calendarButton(label: string): HTMLElement {
    const name = `Calendar for “${label}”`;
    const open = (): void => {
      const timeMs = parseTimeMs(this.text, Date.now(), this.isEnd);
      this.calendar.value = timeMs === undefined ? "" : formatInstant(timeMs).replace(" ", "T");
      this.calendar.showPicker();
    };
    const attributes = {
      type: "button",
      class: "button calendar",
      "aria-label": name,
      title: name,
    };
    return h("button", { ...attributes, onclick: open }, "▦");
  }
}
