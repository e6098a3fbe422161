/** A dropdown of check boxes for a variable that takes several values. */

import { describeChoice, toggled } from "../query/variables";
import { ALL, type Choice } from "../query/template";
import { h } from "../dom";

/** `change` gets the new selection; the list stays open for further choices. */
export function variablePicker(
  choice: Choice,
  isOpen: boolean,
  change: (selected: string[]) => void,
): HTMLElement {
  const { variable } = choice;
  const label = variable.label ?? variable.name;
  const summary = h("summary", { "aria-label": `${label}: ${describeChoice(choice)}` });
  summary.append(h("span", { class: "picker-value" }, describeChoice(choice)));
  const details = h(
    "details",
    { class: "picker", open: isOpen, "data-variable": variable.name },
    summary,
    h("fieldset", { class: "picker-list" }, h("legend", {}, label), ...entries(choice, change)),
  );
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    summary.focus();
  });
  return h("div", { class: "control" }, h("span", { class: "control-label" }, label), details);
}

function entries(choice: Choice, change: (selected: string[]) => void): HTMLElement[] {
  const { variable, selected, options } = choice;
  const listed = [...new Set([...options, ...selected.filter((value) => value !== ALL)])];
  const values = variable.includeAll ? [ALL, ...listed] : listed;
  const type = variable.multi ? "checkbox" : "radio";
  return values.map((value) => {
    const input = h("input", {
      type,
      name: `var-${variable.name}`,
      value,
      checked: selected.includes(value),
      onchange: () => {
        change(variable.multi ? toggled(selected, value) : [value]);
      },
    });
    return h("label", { class: "picker-entry" }, input, value === ALL ? "All" : value);
  });
}

/** Closes every open picker but the one that the event happened in. */
export function closeOtherPickers(event: Event): void {
  for (const picker of document.querySelectorAll<HTMLDetailsElement>("details.picker[open]")) {
    if (!(event.target instanceof Node && picker.contains(event.target))) picker.open = false;
  }
}
