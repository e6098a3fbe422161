/** Keys for the panel that has the focus, or else is under the pointer; the same as Grafana's. */

import type { PanelView } from "./panelView";

/** Returns whether the key was meant for a panel. */
export function pressedOnPanel(event: KeyboardEvent, panels: readonly PanelView[]): boolean {
  if (isTyping(event)) return false;
  const panel = panels.find(hasFocus) ?? panels.find(({ element }) => element.matches(":hover"));
  if (panel === undefined) return false;
  if (event.key === "v") panel.toggleView();
  else if (event.key === "i") panel.inspect();
  else return false;
  return true;
}

function hasFocus({ element }: PanelView): boolean {
  return element.contains(document.activeElement);
}

/** A key that belongs to a control, to a dialog, or to the browser. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  const { target } = event;
  return target instanceof Element && target.closest("input, select, textarea, dialog") !== null;
}
