/** Elements without HTML text: every string becomes a text node or an attribute. */

type Child = Node | string;

/** Creates an element; properties that start with `on` are listeners, all others attributes. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | boolean | ((event: Event) => void)>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A small square in a colour; set through the object model, which a strict policy allows. */
export function swatch(color: string): HTMLElement {
  const element = h("span", { class: "swatch", "aria-hidden": "true" });
  element.style.setProperty("background-color", color);
  return element;
}

/** A dropdown with a label that is read out; `change` gets the chosen value. */
export function dropdown(
  label: string,
  options: readonly { value: string; text: string }[],
  selected: string,
  change: (value: string) => void,
): HTMLElement {
  const select = h(
    "select",
    {
      onchange: () => {
        change(select.value);
      },
    },
    ...options.map(({ value, text }) => h("option", { value, selected: value === selected }, text)),
  );
  return h("label", { class: "control" }, h("span", { class: "control-label" }, label), select);
}
