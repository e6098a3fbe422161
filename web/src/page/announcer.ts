/** Says to a screen reader what has changed, politely and not for each panel by itself. */

import { h } from "../dom";

/** Changes within this time are said together. */
const GATHER_MS = 1000;
const MOST_SAID = 3;

const region = h("div", { class: "visually-hidden", role: "status" });
let gathered: string[] = [];

export function announce(text: string): void {
  if (gathered.length === 0) setTimeout(say, GATHER_MS);
  gathered.push(text);
}

function say(): void {
  // A region is heard from the moment on that it is in the document.
  if (!region.isConnected) document.body.append(region);
  const others = gathered.length - MOST_SAID;
  const rest = others > 0 ? ` And ${others} more panels have changed.` : "";
  region.textContent = gathered.slice(0, MOST_SAID).join(" ") + rest;
  gathered = [];
}
