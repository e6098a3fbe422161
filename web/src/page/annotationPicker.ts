/** A button with the switches of the dashboard's annotations under it. */

import type { Annotation } from "../dashboard/model";
import { h } from "../dom";
import { Popover } from "./popover";

export interface AnnotationSwitch {
  annotation: Annotation;
  isOn: boolean;
}

export class AnnotationPicker {
  readonly element: HTMLElement;
  private readonly box = h("div", { role: "group", "aria-label": "Annotations" });
  private readonly popover = new Popover("annotations", this.box);
  private readonly inputs = new Map<string, HTMLInputElement>();

  constructor(private readonly change: (name: string, isOn: boolean) => void) {
    const label = h("span", { class: "control-label", "aria-hidden": "true" }, "Annotations");
    this.element = h("div", { class: "control" }, label, this.popover.element);
  }

  /** The same switches each time, so that the box stays open and the focus where it is. */
  update(switches: readonly AnnotationSwitch[]): void {
    this.element.hidden = switches.length === 0;
    for (const { annotation, isOn } of switches) this.inputOf(annotation.name).checked = isOn;
    const on = switches.filter(({ isOn }) => isOn).length;
    const text = on === switches.length ? "All" : on === 0 ? "None" : `${on} of ${switches.length}`;
    this.popover.setText(text, `Annotations: ${text}`);
  }

  private inputOf(name: string): HTMLInputElement {
    const known = this.inputs.get(name);
    if (known !== undefined) return known;
    const input = h("input", {
      type: "checkbox",
      onchange: () => {
        this.change(name, input.checked);
      },
    });
    this.inputs.set(name, input);
    this.box.append(h("label", { class: "picker-entry" }, input, name));
    return input;
  }
}
