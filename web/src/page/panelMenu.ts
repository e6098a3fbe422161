/** The menu of a panel: a button, and what opens under it, by WAI-ARIA's pattern of a menu button. */

import { h } from "../dom";

export interface MenuEntry {
  text: string;
  /** The key that does the same for the panel under the pointer or with the focus. */
  key?: string;
  run: () => void;
}

/** `entries` is asked each time that the menu opens. */
export function panelMenu(title: string, entries: () => MenuEntry[]): HTMLElement {
  const list = h("div", {
    class: "panel-menu-list",
    role: "menu",
    "aria-label": title,
    hidden: true,
  });
  const button = h(
    "button",
    {
      type: "button",
      class: "header-button panel-menu-button",
      "aria-label": `Menu of ${title}`,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    },
    "⋮",
  );
  const host = h("div", { class: "panel-menu" }, button, list);
  new Menu(host, button, list, entries).listen();
  return host;
}

class Menu {
  constructor(
    private readonly host: HTMLElement,
    private readonly button: HTMLButtonElement,
    private readonly list: HTMLElement,
    private readonly entries: () => MenuEntry[],
  ) {}

  listen(): void {
    this.button.addEventListener("click", () => {
      if (this.list.hidden) this.open(0);
      else this.close();
    });
    this.host.addEventListener("keydown", (event) => {
      if (this.list.hidden ? this.pressedClosed(event.key) : this.pressedOpen(event.key)) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
    this.host.addEventListener("focusout", (event) => {
      const next = event.relatedTarget;
      if (!(next instanceof Node && this.host.contains(next))) this.hide();
    });
  }

  private get items(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[role=menuitem]")];
  }

  private open(index: number): void {
    this.list.replaceChildren(...this.entries().map((entry) => this.item(entry)));
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.items.at(index)?.focus();
  }

  private hide(): void {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  private close(): void {
    this.hide();
    this.button.focus();
  }

  private item({ text, key, run }: MenuEntry): HTMLElement {
    const choose = (): void => {
      this.close();
      run();
    };
    const hint = key === undefined ? [] : [h("kbd", { "aria-hidden": "true" }, key)];
    const item = h(
      "button",
      { type: "button", role: "menuitem", tabindex: "-1", onclick: choose },
      h("span", {}, text),
      ...hint,
    );
    if (key !== undefined) item.setAttribute("aria-keyshortcuts", key);
    return item;
  }

  /** Whether the key meant something; so below. */
  private pressedClosed(key: string): boolean {
    if (key === "ArrowDown") this.open(0);
    else if (key === "ArrowUp") this.open(-1);
    else return false;
    return true;
  }

  private pressedOpen(key: string): boolean {
    const items = this.items;
    const at = items.findIndex((item) => item === document.activeElement);
    if (key === "Escape") this.close();
    else if (key === "ArrowDown") items[(at + 1) % items.length]?.focus();
    else if (key === "ArrowUp") items.at(at - 1)?.focus();
    else if (key === "Home") items[0]?.focus();
    else if (key === "End") items.at(-1)?.focus();
    else return false;
    return true;
  }
}
