/** Text out of the page: into a file, or into the clipboard. */

import { h } from "../dom";

/** Lets the browser save `text`. */
export function downloadText(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken the content over once the click is done.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 0);
}

/** `Live unit status` at a time: `live-unit-status-2026-11-25T17-00-00Z.csv`. */
export function fileName(title: string, timeMs: number, extension: string): string {
  const words = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
  const time = new Date(timeMs).toISOString().replace(/\.\d+/, "").replaceAll(":", "-");
  return `${words || "panel"}-${time}.${extension}`;
}

/** A button that copies what `text` gives, and says so for a moment. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "button copy",
      onclick: () => {
        void copyText(text()).then((isDone) => {
          button.textContent = isDone ? "Copied" : "Copy it by hand";
          setTimeout(() => {
            button.textContent = label;
          }, 1500);
        });
      },
    },
    label,
  );
  return button;
}

/** False where the browser does not let a page write to the clipboard. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
