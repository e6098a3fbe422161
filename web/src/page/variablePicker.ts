/** A dropdown of check boxes for a variable, with a filter where the list is long. */

import { h } from "../dom";
import { ALL, type Choice } from "../query/template";
import { describeChoice, isGone, matching, toggled } from "../query/variables";
import { Popover } from "./popover";

/** Up to here a list is taken in at a glance. */
const MAX_WITHOUT_FILTER = 8;

export class VariablePicker {
  readonly element: HTMLElement;
  private readonly popover: Popover;
  private readonly filter: HTMLInputElement;
  private readonly list = h("div", { class: "picker-entries" });
  private drawn = "";

  /** `change` gets the new selection; the list stays open for further choices. */
  constructor(
    private choice: Choice,
    private readonly change: (name: string, selected: string[]) => void,
  ) {
    this.filter = h("input", {
      type: "search",
      class: "picker-filter",
      placeholder: "Filter",
      "aria-label": `Filter ${this.label}`,
      oninput: () => {
        this.renderEntries();
      },
    });
    const box = h("fieldset", {}, h("legend", {}, this.label), this.filter, this.list);
    box.addEventListener("keydown", (event) => {
      this.onKey(event);
    });
    this.popover = new Popover(this.choice.variable.name, box, () => {
      this.onOpened();
    });
    this.popover.element.dataset.variable = this.choice.variable.name;
    this.element = h(
      "div",
      { class: "control" },
      h("span", { class: "control-label" }, this.label),
      this.popover.element,
    );
    this.update(choice);
  }

  /** Shows a new choice; what is typed, open or focused stays. */
  update(choice: Choice): void {
    const wanted = JSON.stringify(choice);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    this.choice = choice;
    const gone = choice.selected.filter((value) => isGone(choice, value));
    const missing = gone.length === 0 ? "" : `; not in this time range: ${gone.join(", ")}`;
    const text = describeChoice(choice);
    this.popover.setText(text, `${this.label}: ${text}${missing}`);
    this.filter.hidden = this.values().length <= MAX_WITHOUT_FILTER;
    this.renderEntries();
  }

  private get label(): string {
    return this.choice.variable.label ?? this.choice.variable.name;
  }

  /** What can be chosen: all there is, and what is chosen but no longer there. */
  private values(): string[] {
    const { variable, selected, options } = this.choice;
    const listed = [...new Set([...options, ...selected.filter((value) => value !== ALL)])];
    return variable.includeAll ? [ALL, ...listed] : listed;
  }

  private renderEntries(): void {
    const focused = document.activeElement instanceof HTMLInputElement && document.activeElement;
    const value = focused && this.list.contains(focused) ? focused.value : undefined;
    const found = matching(this.values(), this.filter.value);
    const nothing = h("p", { class: "picker-nothing" }, "Nothing matches");
    this.list.replaceChildren(
      ...(found.length === 0 ? [nothing] : found.map((one) => this.entry(one))),
    );
    if (value !== undefined)
      this.inputs()
        .find((input) => input.value === value)
        ?.focus();
  }

  private entry(value: string): HTMLElement {
    const { variable, selected } = this.choice;
    const input = h("input", {
      type: variable.multi ? "checkbox" : "radio",
      name: `var-${variable.name}`,
      value,
      checked: selected.includes(value),
      onchange: () => {
        this.choose(value);
      },
    });
    const text = value === ALL ? "All" : value;
    const gone = h("span", { class: "picker-gone" }, "not in this time range");
    const isMissing = isGone(this.choice, value);
    return h("label", { class: "picker-entry" }, input, text, ...(isMissing ? [gone] : []));
  }

  private choose(value: string): void {
    const { variable, selected } = this.choice;
    this.change(variable.name, variable.multi ? toggled(selected, value) : [value]);
  }

  private onOpened(): void {
    this.filter.value = "";
    this.renderEntries();
    const chosen = this.inputs().find(({ checked }) => checked) ?? this.inputs()[0];
    (this.filter.hidden ? chosen : this.filter)?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    const inputs = [...(this.filter.hidden ? [] : [this.filter]), ...this.inputs()];
    const at = inputs.indexOf(event.target as HTMLInputElement);
    if (event.key === "ArrowDown") inputs[Math.min(at + 1, inputs.length - 1)]?.focus();
    else if (event.key === "ArrowUp") inputs[Math.max(at - 1, 0)]?.focus();
    else if (event.key === "Enter") this.chooseAt(event.target as HTMLInputElement);
    else return;
    // Else an arrow would also choose a radio button.
    event.preventDefault();
  }

  /** From the filter, the first that it found. */
  private chooseAt(input: HTMLInputElement): void {
    const chosen = input === this.filter ? this.inputs()[0] : input;
    chosen?.click();
  }

  private inputs(): HTMLInputElement[] {
    return [...this.list.querySelectorAll("input")];
  }
}
